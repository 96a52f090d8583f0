#include "net/http_client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "async/scope.h"
#include "net/http_upload.h"
#include "testing/admit_all.h"
#include "testing/dial_policies.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct Origin {
  int left = 0;                // streams whose reader has gone
  std::size_t flooded = 0;     // bytes taken from /flood
  std::size_t flood_bytes = 20'000'000;

  Task<void> operator()(HttpRequest request, HttpResponder& responder) {
    if (request.path == "/never") {
      co_await responder.client_gone();
      ++left;
    } else if (request.path == "/endless") {
      co_await responder.begin_stream(200, {});
      co_await responder.write("first");
      co_await responder.client_gone();
      ++left;
    } else if (request.path == "/flood") {
      co_await responder.begin_stream(200, {});
      for (bool more = true; more && flooded < flood_bytes; flooded += 10'000)
        more = co_await responder.write(std::string(10'000, 'x'));
    } else if (request.path == "/empty") {
      co_await responder.reply({204, {}, ""});
    } else {
      std::string kind(request.header("content-type"));
      co_await responder.reply({request.path == "/missing" ? 404 : 200,
                                {{"X-Kind", kind}, {"X-Twice", "1"}, {"X-Twice", "2"}},
                                request.method + " " + request.target + " " + request.body});
    }
  }
};

struct HttpClientTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  Origin origin;
  FakeClock clock{executor};  // the server's: it never loses patience
  HttpServer server{executor, clock, admit_all(std::ref(origin), 10'000'000), {.newcomers_max = 2'000}};
  std::optional<HttpClient> client{std::in_place, executor, nullptr};

  void SetUp() override { ASSERT_TRUE(server.listen_tcp("127.0.0.1:0")); }
  void TearDown() override { run(io, server.stop()); }
  std::string url(std::string_view path) const { return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(path); }
  HttpAsk get(std::string_view path) const { return {.url = url(path)}; }

  static Task<std::string> whole(HttpClient& client, HttpAsk ask) {
    Result<HttpAnswer> answer = co_await client.send(std::move(ask));
    if (!answer) co_return answer.error().message;
    const Result<std::string> body = co_await answer->rest();
    co_return std::to_string(answer->status) + " " + (body ? *body : body.error().message);
  }
  std::string ask(HttpAsk what) { return run(io, whole(*client, std::move(what))); }
};

Task<std::string> ask_raw(HttpClient& client, Executor executor, std::string reply) {
  RawListener listener(executor);
  Scope scope(executor);
  scope.spawn("raw", listener.answer_once(std::move(reply)));
  const std::string peer = "127.0.0.1:" + std::to_string(listener.port());
  std::string said = co_await HttpClientTest::whole(client, {.url = "http://" + peer + "/"});
  co_await scope.wait();
  if (const std::size_t at = said.find(peer); at != said.npos) said.replace(at, peer.size(), "PEER");
  co_return said;
}

TEST_F(HttpClientTest, AsksAndIsAnswered) {
  EXPECT_EQ(ask(get("/a?b=c")), "200 GET /a?b=c ");
  EXPECT_EQ(ask({.method = "POST", .url = url("/a"), .body = "hello"}), "200 POST /a hello");
  EXPECT_EQ(ask({.method = "POST", .url = url("/a")}), "200 POST /a ");
  EXPECT_EQ(ask({.method = "DELETE", .url = url("/a")}), "200 DELETE /a ");
  EXPECT_EQ(ask({.method = "HEAD", .url = url("/a")}), "200 ");
  EXPECT_EQ(ask(get("/missing")), "404 GET /missing ");
  EXPECT_EQ(ask(get("/empty")), "204 ");
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(ask({.method = "POST", .url = url("/a"), .body = large}), "200 POST /a " + large);
}

Task<void> write_pieces(std::shared_ptr<HttpUpload> upload, Executor executor, bool& all_taken) {
  asio::steady_timer pause(executor);
  for (int i = 0; i < 50; ++i) {
    const bool taken = co_await upload->write(std::string(100'000, static_cast<char>('a' + i % 26)));
    if (!taken) co_return;
    pause.expires_after(std::chrono::milliseconds(i % 10 == 0 ? 5 : 0));  // so that it is waited for
    co_await pause.async_wait(asio::use_awaitable);
  }
  upload->finish();
  all_taken = true;
}

TEST_F(HttpClientTest, ABodyMayComeInPieces) {
  std::string body;
  for (int i = 0; i < 50; ++i) body += std::string(100'000, static_cast<char>('a' + i % 26));
  for (const std::optional<std::uint64_t> bytes : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(body.size())}) {
    auto upload = std::make_shared<HttpUpload>(executor, bytes);
    bool all_taken = false;
    Scope scope(executor);
    scope.spawn("writer", write_pieces(upload, executor, all_taken));
    EXPECT_EQ(ask({.method = "POST", .url = url("/a"), .upload = upload}), "200 POST /a " + body);
    run(io, scope.wait());
    EXPECT_TRUE(all_taken);
    EXPECT_EQ(upload->taken(), body.size());
  }
}

TEST_F(HttpClientTest, ABodyThatNobodyTakesEndsItsWriter) {
  auto upload = std::make_shared<HttpUpload>(executor, std::nullopt);
  bool all_taken = false;
  Scope scope(executor);
  scope.spawn("writer", write_pieces(upload, executor, all_taken));
  EXPECT_EQ(ask({.method = "POST", .url = "http://127.0.0.1:1/", .upload = upload}), "cannot reach 127.0.0.1:1: Connection refused");
  run(io, scope.wait());
  EXPECT_FALSE(all_taken);
}

TEST(Loopback, IsKnownByNameAndNumber) {
  EXPECT_TRUE(is_loopback("[::1]") && is_loopback("127.0.0.5") && is_loopback("localhost") && is_loopback("zo.localhost"));
  EXPECT_FALSE(is_loopback("127.evil.example") || is_loopback("10.0.0.1") || is_loopback(""));
}

Task<void> see_headers(HttpClient& client, HttpAsk ask) {
  ask.headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
  Result<HttpAnswer> answer = co_await client.send(std::move(ask));
  EXPECT_TRUE(answer);
  EXPECT_EQ(answer->header("x-kind"), "text/plain");
  EXPECT_EQ(answer->header("X-Twice"), "1");
  EXPECT_EQ(answer->header("nothing"), "");
  EXPECT_EQ(std::ranges::count(answer->headers, "X-Twice", &Header::name), 2);
}

TEST_F(HttpClientTest, HeadersGoAndCome) { run(io, see_headers(*client, {.method = "POST", .url = url("/a"), .body = "x"})); }

TEST_F(HttpClientTest, KeepsItsConnection) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(get("/a")), "200 GET /a ");
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(HttpClientTest, SpeaksOverAUnixSocket) {
  const TempFolder folder;
  ASSERT_TRUE(server.listen_unix(folder / "model.sock"));
  EXPECT_EQ(ask({.url = "http://model/a", .unix_socket = folder / "model.sock"}), "200 GET /a ");
  EXPECT_EQ(ask({.url = "http://model/a", .unix_socket = folder / "none.sock"}),
            "cannot reach " + (folder / "none.sock") + ": No such file or directory");
}

TEST_F(HttpClientTest, EveryDialPassesThePolicy) {
  NobodyDials policy;
  client.emplace(executor, &policy);
  EXPECT_EQ(ask(get("/a")), "dialling out is switched off");
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpClientTest, ThePolicyLearnsWhoDialsAndHowItEnded) {
  EverybodyDials policy;
  client.emplace(executor, &policy);
  HttpAsk post{.method = "POST", .url = url("/a"), .body = "hello", .errand = {.run = "01RUN", .purpose = Purpose::Fetch}};
  EXPECT_EQ(ask(std::move(post)), "200 POST /a hello");
  EXPECT_EQ(ask({.url = "http://127.0.0.1:1/"}), "cannot reach 127.0.0.1:1: Connection refused");
  ASSERT_EQ(policy.asked.size(), 2u);
  EXPECT_EQ(policy.asked[0].host, "127.0.0.1");
  EXPECT_EQ(policy.asked[0].port, server.port());
  EXPECT_EQ(policy.asked[0].errand.run, "01RUN");
  EXPECT_EQ(policy.asked[0].errand.purpose, Purpose::Fetch);
  ASSERT_EQ(policy.ended.size(), 2u);
  EXPECT_EQ(policy.ended[0].sent_bytes, 5u);
  EXPECT_EQ(policy.ended[0].received_bytes, std::string_view("POST /a hello").size());
  EXPECT_EQ(policy.ended[0].failure, "");
  EXPECT_EQ(policy.ended[1].failure, "cannot reach 127.0.0.1:1: Connection refused");
}

// The name resolves to nothing, or to another: the addresses are the policy's.
TEST_F(HttpClientTest, DialsTheAddressesThatThePolicyHasSeen) {
  EverybodyDials policy;
  policy.addresses = {*IpAddress::parse("127.0.0.1")};
  client.emplace(executor, &policy);
  const std::string port = ":" + std::to_string(server.port());
  EXPECT_EQ(ask({.url = "http://Mirror.Example.invalid" + port + "/a"}), "200 GET /a ");
  EXPECT_EQ(ask({.url = "http://mirror.example.invalid" + port + "/a"}), "200 GET /a ");
  EXPECT_EQ(server.connections(), 1u);
}

// What the name means to the policy has changed since that connection was made.
TEST_F(HttpClientTest, AKeptConnectionToAnotherAddressIsNotUsed) {
  EverybodyDials policy;
  policy.addresses = {*IpAddress::parse("127.0.0.1")};
  client.emplace(executor, &policy);
  const std::string at = "http://mirror.invalid:" + std::to_string(server.port()) + "/a";
  EXPECT_EQ(ask({.url = at}), "200 GET /a ");
  policy.addresses = {*IpAddress::parse("127.0.0.2")};  // nobody listens there
  EXPECT_EQ(ask({.url = at}), "cannot reach mirror.invalid:" + std::to_string(server.port()) + ": Connection refused");
  policy.addresses = {*IpAddress::parse("127.0.0.2"), *IpAddress::parse("127.0.0.1")};
  EXPECT_EQ(ask({.url = at}), "200 GET /a ");
}

// A policy that admits nothing of a host leaves nothing to dial, whatever the host's number says.
TEST_F(HttpClientTest, OpensNoSocketToAnAddressThatWasNotAdmitted) {
  EverybodyDials policy;
  policy.addresses = {*IpAddress::parse("192.0.2.1")};
  client.emplace(executor, &policy);
  EXPECT_TRUE(ask(get("/a")).starts_with("cannot reach 127.0.0.1:"));
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  EverybodyDials policy;
  client.emplace(executor, &policy);
  EXPECT_EQ(run(io, ask_raw(*client, executor, "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")), "302 ");
  EXPECT_EQ(policy.asked.size(), 1u);
}

TEST_F(HttpClientTest, AnAddressThatCanBeReadInTwoWaysIsDialledInNone) {
  EverybodyDials policy;
  client.emplace(executor, &policy);
  const std::string port = ":" + std::to_string(server.port());
  for (const char* host : {"2130706433", "0x7f.1", "017700000001", "127.1", "user@127.0.0.1", "127.0.0.1%00.example.org", "127.0.0.1\\@example.org",
                           "127.0.0.1.", "[::ffff:127.0.0.1%25lo]", "", "a b", "127.0.0.1:1", "１２７.0.0.1"})
    EXPECT_FALSE(run(io, client->send({.url = std::string("http://") + host + port + "/a"}))) << host;
  EXPECT_EQ(ask({.url = "http://me:secret@example.org/"}), "an address must not hold a name or a password");
  EXPECT_EQ(ask({.url = "http://::1:8080/"}), "'::1:8080' has more than one ':'");
  EXPECT_EQ(ask({.url = "http://example.org:65536/"}), "the port of 'example.org:65536' is not a number from 1 to 65535");
  EXPECT_TRUE(policy.ended.empty());
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpClientTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(ask({.url = "file:///etc/passwd"}), "'file:///etc/passwd' is not an http or https address");
  EXPECT_EQ(ask({.url = "nonsense"}), "'nonsense' is not an http or https address");
  EXPECT_EQ(ask({.url = url("/a"), .headers = {{"A", "b\r\nEvil: c"}}}), "header 'A' holds characters that a header may not hold");
  EXPECT_EQ(ask({.method = "GET /x HTTP/1.1\r\n", .url = url("/a")}), "'GET /x HTTP/1.1\r\n' is not an HTTP method");
}

TEST_F(HttpClientTest, NamesWhoDoesNotListen) {
  std::string address;
  {
    const RawListener gone(executor);
    address = "127.0.0.1:" + std::to_string(gone.port());
  }
  EXPECT_EQ(ask({.url = "http://" + address + "/"}), "cannot reach " + address + ": Connection refused");
}

TEST_F(HttpClientTest, SaysHowAnAnswerWentWrong) {
  const auto reply = [this](std::string bytes) { return run(io, ask_raw(*client, executor, std::move(bytes))); };
  EXPECT_EQ(reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(reply("HTTP/1.1 200 OK\r\n\r\nuntil the end"), "200 until the end");
  EXPECT_EQ(reply(""), "PEER closed the connection without an answer");
  EXPECT_TRUE(reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").starts_with("200 the connection to PEER was cut: "));
  EXPECT_TRUE(reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf").starts_with("200 the connection to PEER was cut: "));
  EXPECT_TRUE(reply("SSH-2.0-OpenSSH\r\n").starts_with("PEER does not speak HTTP: "));
  std::string large = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i) large += "A: " + std::string(1'000, 'x') + "\r\n";
  EXPECT_EQ(reply(large + "\r\n"), "the head of the answer of PEER is larger than 262 kB, the limit");
}

TEST_F(HttpClientTest, UnpacksWhatIsCompressed) {
  const std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  EXPECT_EQ(run(io, ask_raw(*client, executor, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + packed)),
            "200 hello");
}

// In real time: the client's thread knows no other.
TEST_F(HttpClientTest, EachTimeLimitHasItsOwnWords) {
  const std::string peer = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(ask({.url = url("/never"), .first_byte_ms = 50}), peer + " did not begin to answer within 0.05 s");
  EXPECT_EQ(ask({.url = url("/endless"), .idle_ms = 50}), "200 " + peer + " fell silent for 0.05 s in the middle of its answer");

  RawListener full(executor, 0);
  const RawPeer first(executor, full.port());
  const std::string deaf = "127.0.0.1:" + std::to_string(full.port());
  Task<Result<HttpAnswer>> asking = client->send({.url = "http://" + deaf + "/", .connect_ms = 50});
  const Error error = run(io, std::move(asking)).error();
  EXPECT_EQ(error.message, "cannot reach " + deaf + ": no connection within 0.05 s");
  EXPECT_EQ(error.code, Code::Unavailable) << "nothing was asked, so asking again is safe";
}

TEST_F(HttpClientTest, AnAnswerThatIsTooLargeNamesTheLimit) {
  const auto rest = [](HttpClient& client, HttpAsk ask) -> Task<Result<std::string>> {
    Result<HttpAnswer> answer = co_await client.send(std::move(ask));
    co_return co_await answer->rest(1'000'000);
  };
  const Result<std::string> body = run(io, rest(*client, get("/flood")));
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, Code::Exhausted);
  EXPECT_EQ(body.error().message,
            "the answer of 127.0.0.1:" + std::to_string(server.port()) + " is larger than 1 MB, the limit");
}

Task<std::size_t> read_late(HttpClient& client, Origin& origin, HttpAsk ask) {
  Result<HttpAnswer> answer = co_await client.send(std::move(ask));
  // The flood stops when every buffer between us is full, and our own silence is not held against the server.
  std::size_t seen = 0;
  int still = 0;
  const bool stopped = co_await eventually([&] {
    still = std::exchange(seen, origin.flooded) == origin.flooded ? still + 1 : 0;
    return still > 200;
  });
  EXPECT_TRUE(stopped);
  EXPECT_LT(origin.flooded, origin.flood_bytes);
  const Result<std::string> body = co_await answer->rest(100'000'000);
  co_return body ? body->size() : 0;
}

TEST_F(HttpClientTest, AReaderThatWaitsHoldsTheSenderBack) {
  HttpAsk ask = get("/flood");
  ask.idle_ms = 100;
  EXPECT_EQ(run(io, read_late(*client, origin, ask)), origin.flood_bytes);
}

Task<void> read_on(HttpClient& client, HttpAsk ask) {
  Result<HttpAnswer> answer = co_await client.send(std::move(ask));
  for (;;) co_await answer->next();
}

Task<void> cancel_readers(Executor executor, HttpClient& client, HttpServer& server, Origin& origin, std::string url) {
  Scope scope(executor);
  for (int i = 0; i < 10; ++i) scope.spawn("waits for the head", read_on(client, {.url = url + "/never"}));
  for (int i = 0; i < 10; ++i) scope.spawn("waits for more", read_on(client, {.url = url + "/endless"}));
  const bool open = co_await eventually([&server] { return server.connections() == 20; });
  EXPECT_TRUE(open);
  co_await scope.stop();
  const bool left = co_await eventually([&origin] { return origin.left == 20; });
  EXPECT_TRUE(left);
}

TEST_F(HttpClientTest, CancellingTheReaderEndsTheTransfer) {
  run(io, cancel_readers(executor, *client, server, origin, url("")));
}

Task<void> leave_answer(HttpClient& client, Origin& origin, HttpAsk ask) {
  {
    Result<HttpAnswer> answer = co_await client.send(std::move(ask));
    const Result<std::string> first = co_await answer->next();
    EXPECT_EQ(first, "first");
  }
  const bool left = co_await eventually([&origin] { return origin.left == 1; });
  EXPECT_TRUE(left);
}

TEST_F(HttpClientTest, LettingGoOfTheAnswerEndsTheTransfer) { run(io, leave_answer(*client, origin, get("/endless"))); }

Task<void> count_good(HttpClient& client, HttpAsk ask, std::size_t& good) {
  const std::string said = co_await HttpClientTest::whole(client, std::move(ask));
  good += said == "200 GET /a " ? 1 : 0;
}

Task<std::size_t> ask_all_at_once(Executor executor, HttpClient& client, std::size_t count, HttpAsk ask) {
  Scope scope(executor);
  std::size_t good = 0;
  for (std::size_t i = 0; i < count; ++i) scope.spawn("ask", count_good(client, ask, good));
  co_await scope.wait();
  co_return good;
}

TEST_F(HttpClientTest, MoreTransfersThanTheLimitWaitTheirTurn) {
  raise_open_files_limit();
  const std::size_t count = limits::kTransfers + 200;
  EXPECT_EQ(run(io, ask_all_at_once(executor, *client, count, get("/a"))), count);
}

Task<Result<HttpAnswer>> keep(HttpClient& client, HttpAsk ask) { co_return co_await client.send(std::move(ask)); }

TEST_F(HttpClientTest, AnAnswerMayOutliveTheClient) {
  Result<HttpAnswer> answer = run(io, keep(*client, get("/endless")));
  ASSERT_TRUE(answer);
  client.reset();
  const auto all = [](HttpAnswer& a) -> Task<Result<std::string>> { co_return co_await a.rest(); };
  const Result<std::string> end = run(io, all(*answer));
  EXPECT_EQ(end.error().code, Code::Cancelled);
}

TEST_F(HttpClientTest, ProxiesAreForOthersNotForLoopback) {
  ::setenv("http_proxy", url("").c_str(), 1);
  EXPECT_TRUE(ask({.url = "http://somewhere.invalid/a"}).starts_with(R"(400 {"error":{"code":"invalid")"));
  EXPECT_EQ(ask(get("/a")), "200 GET /a ");
  EverybodyDials policy;
  client.emplace(executor, &policy);
  EXPECT_EQ(ask({.url = "http://127.0.0.1:1/a"}), "cannot reach 127.0.0.1:1: Connection refused") << "the policy names no proxy";
  ::unsetenv("http_proxy");
}

TEST(UpstreamProxy, IsTheEnvironmentsForEachHost) {
  const auto proxy = [](std::string_view host, bool tls) { return upstream_proxy(*canonical_host(host), tls); };
  ::setenv("HTTP_PROXY", "http://not.this:1", 1);  // a request's header Proxy may have become this variable
  EXPECT_EQ(proxy("example.org", false), "");
  ::setenv("all_proxy", "socks5://proxy:1080", 1);
  ::setenv("HTTPS_PROXY", "http://proxy:3128", 1);
  ::setenv("no_proxy", "corp.example, .lan,10.0.0.0/8 [2001:db8::1]", 1);
  EXPECT_EQ(proxy("example.org", false), "socks5h://proxy:1080") << "the name is the proxy's to resolve";
  EXPECT_EQ(proxy("example.org", true), "http://proxy:3128");
  for (const char* direct : {"corp.example", "a.corp.example", "nas.lan", "10.1.2.3", "2001:db8::1", "localhost", "127.0.0.1"}) EXPECT_EQ(proxy(direct, true), "") << direct;
  for (const char* through : {"notcorp.example", "11.0.0.1", "2001:db8::2"}) EXPECT_EQ(proxy(through, true), "http://proxy:3128") << through;
  ::setenv("no_proxy", "*", 1);
  EXPECT_EQ(proxy("example.org", true), "");
  for (const char* name : {"HTTP_PROXY", "all_proxy", "HTTPS_PROXY", "no_proxy"}) ::unsetenv(name);
}

}  // namespace
}  // namespace zo
