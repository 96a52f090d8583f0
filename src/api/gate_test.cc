// Who is kept out, and that it costs nobody else: raw requests to the API of a whole computer.
#include "api/gate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/api.h"
#include "base/text.h"
#include "rig/test_computer.h"
#include "testing/http_raw.h"

namespace zo {
namespace {

constexpr int kWrongAMinute = 60;
constexpr std::int64_t kHeldBackMs = 500;

struct GateTest : testing::Test {
  TestComputer zo{TestComputer::Time::Virtual};
  Api api{*zo};
  HttpServer server{zo.io.get_executor(), zo->world.clock, api.admit()};
  std::string host = listen();
  std::string token = make_token().secret;

  ~GateTest() override { zo.wait(server.stop()); }

  std::string listen() {
    if (!server.listen_tcp("127.0.0.1:0")) throw std::runtime_error("cannot listen");
    const std::string own = "127.0.0.1:" + std::to_string(server.port());
    api.set_address("http://" + own);
    return own;
  }
  NewToken make_token() { return *zo.wait(zo->accounts.create_token(owner_at_machine(zo.owner()), {"test", TokenScope::All, {}, {}})); }
  std::string head(std::string_view line, std::string_view secret, std::string_view more = "") const {
    return fmt::format("{} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{}\r\n", line, host, secret, more);
  }
  std::string setup(std::string_view secret) const {
    const std::string body = fmt::format(R"({{"secret":"{}"}})", secret);
    return fmt::format("POST /api/setup HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", host, body.size(), body);
  }
  // All that comes back until the server closes.
  std::string exchange(std::string bytes) { return zo.wait(raw_exchange(server.port(), std::move(bytes))); }
  static std::string status_in(std::string_view reply) { return std::string(reply.substr(0, 12)); }
  std::string status_of(std::string bytes) { return status_in(exchange(std::move(bytes))); }
};

constexpr std::string_view kClose = "Connection: close\r\n";
constexpr std::string_view kHuge = "Content-Length: 64000000\r\n";
constexpr std::string_view kPut = "PUT /api/files/content?path=a";

TEST_F(GateTest, EverythingButTheBodyIsJudgedBeforeTheBodyComes) {
  EXPECT_EQ(status_of(head(kPut, "wrong", kHuge)), "HTTP/1.1 401");
  EXPECT_EQ(status_of(head("PUT /api/nothing", token, kHuge)), "HTTP/1.1 404");
  EXPECT_EQ(status_of(head("PUT /api/health", token, kHuge)), "HTTP/1.1 405");
  EXPECT_EQ(status_of(head(kPut, token, fmt::format("Origin: http://evil\r\n{}", kHuge))), "HTTP/1.1 403");
  EXPECT_EQ(status_of(fmt::format("{} HTTP/1.1\r\nHost: evil\r\n{}\r\n", kPut, kHuge)), "HTTP/1.1 421");
  EXPECT_EQ(status_of(head(kPut, token, "Content-Length: 99000000\r\n")), "HTTP/1.1 413");
  const std::string reader = zo.wait(zo->accounts.create_token(owner_at_machine(zo.owner()), {"reader", TokenScope::Read, {}, {}}))->secret;
  EXPECT_EQ(status_of(head(kPut, reader, kHuge)), "HTTP/1.1 403");
}

TEST_F(GateTest, WhoNeedsNoTokenMaySendLittle) {
  const auto post = [&](std::size_t bytes) { return head("POST /api/setup", "", fmt::format("Content-Length: {}\r\n{}", bytes, kClose)); };
  const std::string refused = exchange(post(limits::kHttpOpenBodyBytes + 1));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
  EXPECT_NE(refused.find("larger than 16 kB, the limit of this route"), refused.npos) << refused;
  EXPECT_EQ(status_of(post(limits::kHttpOpenBodyBytes) + std::string(limits::kHttpOpenBodyBytes, '{')), "HTTP/1.1 422");
}

Task<std::string> finish_after(RawPeer& peer, std::string beginning, Task<Result<>> change, std::string rest) {
  co_await peer.send(std::move(beginning));
  co_await peer.read_until("HTTP/1.1 100 Continue\r\n\r\n");
  const Result<> changed = co_await std::move(change);
  EXPECT_TRUE(changed);
  co_await peer.send(std::move(rest));
  co_return co_await peer.read_all();
}

TEST_F(GateTest, ATokenThatIsRevokedWhileItsBodyComesOpensNothing) {
  const NewToken made = make_token();
  RawPeer peer(zo.io.get_executor(), server.port());
  std::string beginning = head(kPut, made.secret, fmt::format("Content-Length: 4\r\nExpect: 100-continue\r\n{}", kClose));
  const std::string reply = zo.wait(finish_after(peer, std::move(beginning), zo->accounts.revoke(zo.owner(), made.info.id), "body"));
  EXPECT_EQ(status_in(reply), "HTTP/1.1 401") << reply;
  EXPECT_EQ(status_of(head("GET /api/files/content?path=a", token, kClose)), "HTTP/1.1 404");
}

Task<void> ask_into(int port, std::string bytes, std::string& reply) { reply = co_await raw_exchange(port, std::move(bytes)); }

TEST_F(GateTest, WrongSecretsCostTimeAndRightOnesAreNeverRefused) {
  const std::string link = *zo.wait(api.make_setup_url(owner_at_machine(zo.owner())));
  const std::string secret = link.substr(link.find('#') + 1);
  const std::string wrong = head("GET /api/computer", "zo_sk_wrong", kClose);
  for (int i = 0; i < kWrongAMinute; ++i) ASSERT_EQ(status_of(wrong), "HTTP/1.1 401") << i;
  for (int i = 0; i < kWrongAMinute; ++i) ASSERT_EQ(status_of(setup("wrong")), "HTTP/1.1 403") << i;

  Scope scope(zo.io.get_executor());
  std::string token_reply;
  std::string setup_reply;
  scope.spawn("wrong token", ask_into(server.port(), wrong, token_reply));
  scope.spawn("wrong link", ask_into(server.port(), setup("wrong"), setup_reply));
  ASSERT_TRUE(zo.until([this] { return server.answering() == 2; }));
  EXPECT_EQ(status_of(head("GET /api/health", token, kClose)), "HTTP/1.1 200");
  EXPECT_EQ(status_of(head("GET /api/tokens", token, kClose)), "HTTP/1.1 200");
  EXPECT_EQ(status_of(setup(secret)), "HTTP/1.1 200");
  EXPECT_EQ(token_reply + setup_reply, "");

  zo.advance(kHeldBackMs);
  zo.wait(scope.wait());
  EXPECT_EQ(status_in(token_reply), "HTTP/1.1 401") << token_reply;
  EXPECT_EQ(status_in(setup_reply), "HTTP/1.1 403") << setup_reply;
  zo.virtual_clock.advance(60'000);
  EXPECT_EQ(status_of(wrong), "HTTP/1.1 401");
}

TEST_F(GateTest, OverTheUnixSocketTheUidSaysWhoItIs) {
  Gate gate(zo->accounts, zo.virtual_clock);
  const Route& route = *match_route("GET", "/api/computer").route;
  HttpRequest request{.local_uid = ::geteuid()};
  const Gate::Entry own = zo.wait(gate.enter(request, route));
  EXPECT_FALSE(own.refusal);
  EXPECT_EQ(own.principal.person, zo.owner());
  request.local_uid = ::geteuid() + 1;
  const Gate::Entry other = zo.wait(gate.enter(request, route));
  ASSERT_TRUE(other.refusal);
  EXPECT_EQ(other.refusal->status, 403);
  EXPECT_TRUE(other.principal.person.empty());
}

TEST_F(GateTest, EachKindOfSecretIsCountedForItself) {
  Gate gate(zo->accounts, zo.virtual_clock);
  for (int i = 0; i < kWrongAMinute; ++i) EXPECT_EQ(gate.hold_back_ms(SecretKind::Token), 0);
  EXPECT_GT(gate.hold_back_ms(SecretKind::Token), 0);
  EXPECT_EQ(gate.hold_back_ms(SecretKind::SetupLink), 0);
  zo.virtual_clock.advance(60'000);
  EXPECT_EQ(gate.hold_back_ms(SecretKind::Token), 0);
}

TEST_F(GateTest, OriginAndSiteAreSentOnce) {
  const std::string own = "Origin: http://" + host + "\r\n";
  EXPECT_EQ(status_of(head("GET /api/computer", token, own + std::string(kClose))), "HTTP/1.1 200");
  EXPECT_EQ(status_of(head("GET /api/computer", token, own + own + std::string(kClose))), "HTTP/1.1 403");
  EXPECT_EQ(status_of(head("GET /api/computer", token, own + "Origin: http://evil\r\n" + std::string(kClose))), "HTTP/1.1 403");
  EXPECT_EQ(status_of(head("GET /api/health", "", "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n")), "HTTP/1.1 403");
  EXPECT_EQ(status_of(head("GET /api/computer", token, "X-Api-Key: a\r\nX-Api-Key: b\r\nConnection: close\r\n")), "HTTP/1.1 401");
}

TEST_F(GateTest, AParameterThatCannotBeReadIsNamed) {
  const std::string reply = exchange(head("GET /api/files?path=%zz", token));
  EXPECT_EQ(status_in(reply), "HTTP/1.1 400");
  EXPECT_NE(reply.find("the parameter 'path' holds a broken percent escape"), reply.npos) << reply;
}

}  // namespace
}  // namespace zo
