// The person feed, through the API's own handler: what a reader is told, and how it ends.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <set>

#include "api/api.h"
#include "api/shapes_test.h"
#include "net/sse.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

constexpr char kAddress[] = "http://127.0.0.1:1";

// A reader of the stream, who keeps what comes.
class Listener final : public HttpResponder {
 public:
  Task<void> reply(HttpReply reply) override {
    status = reply.status;
    co_return;
  }
  Task<bool> begin_stream(int code, std::vector<Header>) override {
    status = code;
    co_return true;
  }
  Task<bool> begin_events(std::vector<Header>) override { return begin_stream(200, {}); }
  Task<bool> write(std::string bytes) override {
    expect_as_described({"GET", "/api/events", "", status, "text/event-stream", bytes});
    EXPECT_TRUE(parser.feed(bytes, events));
    co_return true;
  }
  Task<void> client_gone() override {
    Condition never(co_await asio::this_coro::executor);
    for (;;) co_await never.wait();
  }
  void cut() override {}

  int status = 0;
  SseParser parser;
  std::vector<SseEvent> events;
};

struct EventsTest : testing::Test {
  TestComputer zo;
  Api api{*zo};
  HttpAdmit admit = api.admit();
  Scope scope{zo.io.get_executor()};
  Listener listener;

  EventsTest() { api.set_address(kAddress); }
  ~EventsTest() override { zo.wait(scope.stop()); }

  // The owner, or whose token it is, reads in the place of whoever read before; returns once the stream has begun.
  void listen(std::string query = "", const std::string& token = "") {
    zo.wait(scope.stop());
    listener = {};
    HttpRequest asked{.method = "GET", .target = "/api/events", .path = "/api/events", .query = std::move(query), .headers = {{"host", kAddress + 7}}, .body = ""};
    if (token.empty()) asked.local_uid = ::geteuid();
    else asked.headers.push_back({"authorization", "Bearer " + token});
    scope.spawn("listen", follow(std::move(asked)));
    ASSERT_TRUE(zo.until([&] { return listener.status == 200; }));
  }
  Task<void> follow(HttpRequest asked) {
    const HttpRequest head = asked;
    HttpAdmission admission = co_await admit(head);
    co_await admission.answer(std::move(asked), listener);
  }
  // The next event of a kind, with what was told before it forgotten.
  Json next(std::string_view kind) {
    const auto find = [&] { return std::ranges::find(listener.events, kind, &SseEvent::kind); };
    EXPECT_TRUE(zo.until([&] { return find() != listener.events.end(); })) << kind;
    const auto found = find();
    Json data = *parse_json(found->data, "an event");
    last = found->id;
    listener.events.erase(listener.events.begin(), found + 1);
    return data;
  }
  std::string last;  // number of the event that next() gave
};

TEST_F(EventsTest, WhoComesReadsEverythingAndThenHearsOfEachChangeAsItStands) {
  listen();
  EXPECT_EQ(std::to_string(next("reset").at("number").as_int64()), last);
  const Conversation made = *zo.wait(zo->conversations.create(zo.owner(), "Herons", {}, ""));
  EXPECT_EQ(next("conversation").at("conversation").at("title"), "Herons");
  zo.wait(zo->conversations.change(zo.owner(), made.id, {.title = "Storks", .model = {}}));
  EXPECT_EQ(next("conversation").at("conversation").at("title"), "Storks");
  zo.wait(zo->conversations.remove(zo.owner(), made.id));
  const Json gone = next("gone");
  EXPECT_EQ(gone.at("what"), "conversation");
  EXPECT_EQ(string_at(gone, "id"), made.id.text());
}

TEST_F(EventsTest, ARunIsToldWhenItBeginsAndWhenItEndsWithItsConversation) {
  zo.model.when("go on").says("On and on").in_chunks(2).hangs_after(2);
  listen();
  next("reset");
  const Started started = zo.start("go on");
  EXPECT_EQ(next("run").at("run").at("state"), "running");
  EXPECT_EQ(string_at(next("conversation").at("conversation"), "active_run_id"), started.run.id.text());
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
  EXPECT_EQ(next("run").at("run").at("state"), "cancelled");
  EXPECT_EQ(next("conversation").at("conversation").at("active_run_id"), Json(nullptr));
}

TEST_F(EventsTest, WhichModelAnswersIsToldWithAllModels) {
  listen();
  next("reset");
  ASSERT_TRUE(zo.wait(zo->models.use(zo.owner(), "openai/another")));
  const Json told = next("models");
  EXPECT_EQ(told.at("models").at("current"), "openai/scripted") << "that the environment names goes before";
  EXPECT_EQ(told.at("model").at("source"), "environment");
}

TEST_F(EventsTest, TheRunOfASubAgentIsToldButNotItsConversation) {
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"one"}}}).then_says("Done.");
  listen();
  next("reset");
  zo.ask("fan out");
  ASSERT_EQ(zo.model.seen().size(), 3u) << "the sub-agent was asked, too";
  zo.wait(zo->conversations.create(zo.owner(), "the last", {}, ""));
  std::set<std::string> runs;
  std::set<std::string> conversations;
  for (std::string title; title != "the last";) {
    ASSERT_TRUE(zo.until([&] { return !listener.events.empty(); }));
    const SseEvent event = listener.events.front();
    listener.events.erase(listener.events.begin());
    if (event.kind == "models") continue;  // the provider's first use
    const Json data = *parse_json(event.data, "an event");
    (event.kind == "run" ? runs : conversations).emplace(*string_at(data.at(event.kind), "id"));
    title = string_at(data.at(event.kind), "title").value_or("");
  }
  EXPECT_EQ(runs.size(), 2u);
  EXPECT_EQ(conversations.size(), 2u) << "that of the question, and the last";
}

TEST_F(EventsTest, WhoComesBackHearsWhatHeMissedAndWhoWasNeverHereReadsEverything) {
  listen();
  next("reset");
  zo.wait(zo->conversations.create(zo.owner(), "Herons", {}, ""));
  next("conversation");
  const std::string heard = last;
  zo.wait(scope.stop());
  const Conversation missed = *zo.wait(zo->conversations.create(zo.owner(), "Storks", {}, ""));
  listen("after=" + heard);
  EXPECT_EQ(string_at(next("conversation").at("conversation"), "id"), missed.id.text());
  EXPECT_TRUE(listener.events.empty());
  listen("after=17");
  next("reset");
}

TEST_F(EventsTest, APersonHearsNothingOfAnother) {
  const PersonId ben = PersonId::make(zo.dice, zo.real_clock.now());
  auto add = [ben](Transaction& tx) -> Result<> {
    tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'ben', 1)", ben);
    return {};
  };
  ASSERT_TRUE(zo.wait(zo->store.write(add)));
  TokenWish wish{"ben's", TokenScope::Read, Allowance::everything(), Allowance::everything()};
  listen("", zo.wait(zo->accounts.create_token(owner_at_machine(ben), std::move(wish)))->secret);
  next("reset");
  zo.ask("Of the owner alone");
  zo.wait(zo->conversations.create(zo.owner(), "The owner's", {}, ""));
  zo.wait(zo->conversations.create(ben, "Ben's", {}, ""));
  ASSERT_TRUE(zo.until([&] { return std::ranges::find(listener.events, "conversation", &SseEvent::kind) != listener.events.end(); }));
  std::erase_if(listener.events, [](const SseEvent& event) { return event.kind == "models"; });  // of the machine
  ASSERT_EQ(listener.events.size(), 1u);
  EXPECT_EQ(next("conversation").at("conversation").at("title"), "Ben's");
}

TEST_F(EventsTest, TheStreamEndsWithAWordWhenTheServerDoes) {
  listen();
  next("reset");
  zo->notices.stop();
  EXPECT_EQ(next("end").at("reason"), "server_stopping");
}

}  // namespace
}  // namespace zo
