// Tokens in random orders of create, use, stream and revoke, on virtual time: whatever the order, a revocation that was answered holds.
// Requests reach the API's handler without sockets between, so that what is answered, written and cut has one order.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>

#include "agent/event.h"
#include "api/api.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

constexpr int kOrders = 1'000;
constexpr int kAtOnce = 10;
constexpr std::int64_t kOrderMs = 40;       // of virtual time, in which everything happens
constexpr std::int64_t kLongMs = 61'000;    // after so long, the use of a token is written down anew
constexpr int kLongs = 20;                  // so often with one run, which would be over its time after sixty
constexpr int kTurns = 1'000'000;           // of the io thread; what still goes on then goes on for ever
constexpr char kAddress[] = "http://127.0.0.1:1";

// One token and all that is done with it.
struct Order {
  std::uint64_t seed = 0;
  SeededDice dice{seed};
  std::string id;
  std::string secret;
  bool revoked = false;  // and it was answered
  bool stops_runs = false;
  bool at_once = false;  // all of it begins at the same moment
  int let_in = 0;
  int cut = 0;
  std::vector<std::string> late;  // what was still answered or streamed

  bool chance(std::uint64_t one_in) { return dice.below(one_in) == 0; }
};

// Where the answer of one request goes.
class Visitor final : public HttpResponder {
 public:
  Visitor(Order* order, std::string what) : order_(order), what_(std::move(what)) {}

  Task<void> reply(HttpReply reply) override {
    status = reply.status;
    body = std::move(reply.body);
    if (status < 400) note();
    co_return;
  }
  Task<bool> begin_stream(int code, std::vector<Header>) override {
    status = code;
    note();
    co_return true;
  }
  Task<bool> begin_events(std::vector<Header>) override { return begin_stream(200, {}); }
  Task<bool> write(std::string) override {
    note();
    co_return true;
  }
  Task<void> client_gone() override {
    Condition never(co_await asio::this_coro::executor);
    for (;;) co_await never.wait();
  }
  void cut() override {
    if (order_ != nullptr) ++order_->cut;
    activity.cancel();
  }

  Scope::Child activity;
  int status = 0;  // 0: none came
  std::string body;

 private:
  void note() {
    if (order_ == nullptr) return;
    ++order_->let_in;
    if (order_->revoked) order_->late.push_back(what_);
  }

  Order* order_;
  std::string what_;
};

class Revocation : public testing::Test {
 protected:
  TestComputer zo{TestComputer::Time::Virtual};
  Api api{*zo};
  HttpAdmit admit = api.admit();
  RunId watched;  // a run of the owner that goes on and on

  Revocation() {
    api.set_address(kAddress);
    zo.model.when("go on").says("On and on").in_chunks(3).hangs_after(2);
  }

  // Another one for every test, to be told again with ZO_SEED.
  static std::uint64_t chosen_seed() {
    const char* given = std::getenv("ZO_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : SystemDice().below(1'000'000'000);
  }

  static HttpRequest request(std::string method, std::string path, std::string body, const std::string& secret) {
    HttpRequest made{.method = std::move(method), .target = path, .path = path, .query = "", .headers = {{"host", kAddress + 7}}, .body = std::move(body)};
    if (const std::size_t mark = path.find('?'); mark != path.npos) {
      made.path = path.substr(0, mark);
      made.query = path.substr(mark + 1);
    }
    if (secret.empty()) made.local_uid = ::geteuid();
    else made.headers.push_back({"authorization", "Bearer " + secret});
    return made;
  }
  // As a connection does: what a cancelled handler throws is its cancellation.
  Task<void> be_answered(HttpRequest asked, Visitor& visitor) {
    HttpRequest head = asked;
    head.body.clear();
    HttpAdmission admission = co_await admit(head);
    std::exception_ptr failure;
    try {
      co_await admission.answer(std::move(asked), visitor);
    } catch (...) {  // thrown again below if it was no cancellation
      failure = std::current_exception();
    }
    co_await throw_if_cancelled();
    if (failure) std::rethrow_exception(failure);
  }
  // One request, until it is answered or cut. Without a secret it is the owner's.
  Task<void> ask(HttpRequest asked, Visitor& visitor) {
    Scope scope(co_await asio::this_coro::executor);
    visitor.activity = scope.spawn("request", be_answered(std::move(asked), visitor));
    co_await scope.wait();
  }
  Task<void> pause(Order& order) {
    if (!order.at_once) co_await zo.virtual_clock.sleep_for(static_cast<std::int64_t>(order.dice.below(kOrderMs)));
    for (std::uint64_t turns = order.dice.below(4); turns > 0; --turns) {
      auto turn = asio::post(zo.io, asio::use_awaitable);
      co_await std::move(turn);
    }
  }

  static bool is_refused(const Visitor& visitor) { return visitor.status == 401; }

  Task<void> use(Order& order) {
    co_await pause(order);
    for (std::uint64_t uses = 1 + order.dice.below(3); uses > 0; --uses) {
      const bool after = order.revoked;
      Visitor visitor(&order, "GET /api/runs");
      co_await ask(request("GET", "/api/runs?limit=1", "", order.secret), visitor);
      if (after) EXPECT_TRUE(is_refused(visitor)) << visitor.status;
    }
  }
  Task<void> stream(Order& order) {
    co_await pause(order);
    const std::string path = order.chance(2) ? "/api/events" : "/api/runs/" + watched.string() + "/events?after=0";
    Visitor visitor(&order, path);
    co_await ask(request("GET", path, "", order.secret), visitor);
  }
  // A stream of a run of its own, or of a bare model; neither ends by itself.
  Task<void> talk(Order& order, bool agent) {
    co_await pause(order);
    Visitor visitor(&order, agent ? "POST /zo/ask" : "POST /v1/chat/completions");
    HttpRequest asked = agent ? request("POST", "/zo/ask", R"({"input":"go on","stream":true})", order.secret)
                              : request("POST", "/v1/chat/completions", R"({"model":"openai/scripted","stream":true,"messages":[{"role":"user","content":"go on"}]})", order.secret);
    co_await ask(std::move(asked), visitor);
  }
  Task<void> revoke(Order& order, bool by_itself) {
    co_await pause(order);
    Visitor visitor(nullptr, "");
    const std::string path = "/api/tokens/" + (by_itself ? "current" : order.id) + (order.stops_runs ? "?runs=stop" : "");
    co_await ask(request("DELETE", path, "", by_itself ? order.secret : ""), visitor);
    order.revoked = order.revoked || visitor.status == 204;
  }
  Task<void> tell(Order& order) {
    Visitor made(nullptr, "");
    co_await ask(request("POST", "/api/tokens", R"({"name":"random","scope":"all","tools":"none"})", ""), made);
    const Json token = *parse_json(made.body, "a token");
    order.id = *string_at(token, "id");
    order.secret = *string_at(token, "token");
    order.stops_runs = order.chance(2);
    order.at_once = order.chance(2);
    Scope scope(co_await asio::this_coro::executor);
    for (std::uint64_t i = order.dice.below(4); i > 0; --i) scope.spawn("use", use(order));
    for (std::uint64_t i = order.dice.below(3); i > 0; --i) scope.spawn("stream", stream(order));
    if (order.chance(12)) scope.spawn("talk", talk(order, true));
    if (order.chance(12)) scope.spawn("talk", talk(order, false));
    const bool by_itself = order.chance(4);
    scope.spawn("revoke", revoke(order, by_itself));
    if (by_itself || order.chance(4)) scope.spawn("revoke", revoke(order, false));
    co_await scope.wait();
    Visitor last(&order, "a use at the end");
    co_await ask(request("GET", "/api/runs?limit=1", "", order.secret), last);
    EXPECT_TRUE(is_refused(last)) << last.status;
  }

  std::int64_t running(const TokenId& token) { return zo.database()->number("SELECT COUNT(*) FROM runs WHERE token_id = ? AND state = 'running'", token); }

  // Time passes and the watched run says more until all orders are told.
  Task<void> turn(Scope& orders, SeededDice& dice) {
    const auto feed = zo.feed(watched);
    int longs = 0;
    for (int turns = 0; orders.size() > 0; ++turns) {
      ZO_CHECK(turns < kTurns);
      // How many turns it takes is the machine's business: a slow disk must not let an hour pass.
      const bool is_long = longs < kLongs && dice.below(2'000) == 0;
      longs += is_long;
      zo.virtual_clock.advance(is_long ? kLongMs : 1);
      zo->notices.tell(zo.owner(), {Notice::What::Run, watched.string()});
      feed->publish(event::Text{1, "more"});
      auto others = asio::post(zo.io, asio::use_awaitable);
      co_await std::move(others);
    }
  }
};

TEST_F(Revocation, HoldsInEveryOrder) {
  const std::uint64_t seed = chosen_seed();
  int let_in = 0;
  int cut = 0;
  for (int done = 0; done < kOrders; done += kAtOnce) {
    std::list<Order> orders;
    watched = zo.start("go on").run.id;
    Scope scope(zo.io.get_executor());
    for (int i = 0; i < kAtOnce; ++i) scope.spawn("order", tell(orders.emplace_back(Order{.seed = seed + static_cast<std::uint64_t>(done + i)})));
    SeededDice dice(seed + static_cast<std::uint64_t>(done));
    zo.wait(turn(scope, dice));
    for (const Order& order : orders) {
      EXPECT_TRUE(order.revoked) << "seed " << order.seed;
      EXPECT_EQ(order.late, std::vector<std::string>{}) << "seed " << order.seed;
      let_in += order.let_in;
      cut += order.cut;
      const TokenId token = TokenId::stored(order.id);
      if (order.stops_runs) EXPECT_EQ(running(token), 0) << "seed " << order.seed;
      zo.wait(zo->agents.cancel_all(zo.owner(), token));
    }
    zo.wait(zo->agents.cancel(zo.owner(), watched));
  }
  std::printf("%d orders from seed %llu: %d answers and events before the revocation, %d requests cut by it\n", kOrders,
              static_cast<unsigned long long>(seed), let_in, cut);
  EXPECT_GT(cut, kOrders / 10) << "the orders show nothing";
}

}  // namespace
}  // namespace zo
