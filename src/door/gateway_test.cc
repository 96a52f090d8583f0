#include "door/gateway.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

#include "async/scope.h"
#include "base/text.h"
#include "os/file.h"
#include "os/process.h"
#include "testing/admit_all.h"
#include "testing/dial_policies.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

using asio::ip::tcp;

constexpr char kValue[] = "tok-Zq8Kp2Vx7Lm4Tn9Rb3Wc";

// What a host sees and says. A path chooses.
struct Host {
  std::vector<HttpRequest> seen;
  std::string location;

  Task<void> operator()(HttpRequest request, HttpResponder& responder) {
    seen.push_back(request);
    const std::string told(request.header("authorization"));
    if (request.path == "/redirect") {
      co_await responder.reply({302, {{"Location", location}}, ""});
    } else if (request.path == "/empty") {
      co_await responder.reply({204, {}, ""});
    } else if (request.path == "/pieces") {
      co_await responder.begin_stream(200, {{"X-Told", told}, {"Alt-Svc", "h3"}});
      for (const char c : "it is " + told + ", you know") co_await responder.write(std::string(1, c));
    } else if (request.path == "/large") {
      co_await responder.begin_stream(200, {});
      for (int i = 0; i < 1'000; ++i) co_await responder.write(std::string(10'000, 'x'));
    } else {
      co_await responder.reply({request.path == "/refused" ? 401 : request.path == "/busy" ? 503 : 200, {}, request.method + " " + request.target + " " + std::to_string(request.body.size())});
    }
  }
};

struct GatewayTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  Executor executor = io.get_executor();
  RealClock clock;
  SeededDice dice{1};
  Threads threads{"test", 1};
  PersonId ada = PersonId::stored("01J00000000000000000000000");
  PersonId max = PersonId::stored("01J00000000000000000000001");
  std::unique_ptr<Store> store = *Store::open({folder / "zo.db", folder / "backup"});
  Vault vault{*store, clock, dice, threads, {folder / "key", ""}};
  HostSecrets secrets{vault};
  EverybodyDials policy;
  std::optional<HttpClient> http{std::in_place, executor, &policy};
  Outward outward{*store, clock};
  std::optional<Gateway> gateway;
  Host host;
  HttpServer server{executor, clock, admit_all(std::ref(host), 100'000'000)};
  Scope scope{executor};
  PersonId asker = ada;
  std::string may_not;  // be used by the errand
  std::vector<std::string> told;
  std::unique_ptr<Process> tls_server;
  int port = 0;

  void SetUp() override {
    auto add = [this](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1)", ada);
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Max', 1)", max);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(add)));
    ASSERT_TRUE(run(io, vault.open()));
    ASSERT_TRUE(server.listen_tcp("127.0.0.1:0"));
    gateway.emplace(secrets, *http, &outward);
    tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
    port = acceptor.local_endpoint().port();
    scope.spawn("tunnel", serve_tunnel(clock, Fd(acceptor.release()), rules()));
  }
  void TearDown() override {
    run(io, scope.stop());
    run(io, server.stop());
  }

  TunnelRules rules() {
    TunnelRules out;
    out.admit = [](std::string name, std::uint16_t, bool) { return nowhere(std::move(name)); };
    out.on_refused = [this](const std::string&, std::uint16_t, const Error& reason) { told.push_back(sentence(reason)); };
    out.answered_host = kGatewayHost;
    out.answer = [this](TunnelVisit visit) {
      auto may_use = [this](std::string_view name) -> Result<> { return name == may_not ? fail(Code::Denied, "not this one") : Result<>{}; };
      return gateway->serve(std::move(visit), {.person = asker, .run = "01RUN", .purpose = Purpose::Sandbox}, may_use);
    };
    return out;
  }
  static Task<Result<TunnelWay>> nowhere(std::string name) { co_return fail(Code::Denied, name + " is not allowed"); }

  // Something outside, to its good end.
  void prepare(const std::string& script) {
    Spawn spawn{.program = "/bin/sh", .argv = {"sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin", "HOME=/nonexistent"}, .fds = {-1, -1, -1}};
    spawn.folder = folder / ".";
    auto process = Process::start(executor, spawn);
    ASSERT_TRUE(process) << process.error().message;
    ASSERT_EQ(run(io, (*process)->wait()), 0);
  }
  // With the certificate ca.pem; gives the port.
  std::uint16_t serve_tls() {
    const std::uint16_t at = tcp::acceptor(executor, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
    Spawn spawn{.program = find_program("openssl"), .environment = {"PATH=/usr/bin:/bin"}, .fds = {-1, -1, -1}};
    spawn.argv = {"openssl", "s_server", "-accept", fmt::format("127.0.0.1:{}", at), "-cert", "ca.pem", "-key", "key.pem", "-WWW", "-quiet"};
    spawn.folder = folder / ".";
    auto process = Process::start(executor, spawn);
    EXPECT_TRUE(process) << process.error().message;
    tls_server = *std::move(process);
    const auto listens = [at] {
      asio::io_context own;
      boost::system::error_code ec;
      tcp::socket(own).connect({asio::ip::address_v4::loopback(), at}, ec);
      return !ec;
    };
    EXPECT_TRUE(run(io, eventually(listens)));
    return at;
  }

  std::string origin() const { return fmt::format("http://127.0.0.1:{}", server.port()); }
  Result<HostSecret> set(std::string name = "work", std::string header = "", std::string value = kValue) {
    return run(io, secrets.set(ada, {std::move(name), origin(), std::move(header), std::move(value)}));
  }
  // The answer, its chunks put together.
  std::string say(std::string bytes) {
    const std::string reply = run(io, raw_exchange(port, std::move(bytes)));
    const std::size_t head = reply.find("\r\n\r\n");
    if (head == reply.npos || reply.find("Transfer-Encoding: chunked") > head) return reply;
    std::string whole = reply.substr(0, head + 4);
    for (std::size_t at = head + 4; at < reply.size();) {
      const std::size_t size = std::stoul(reply.substr(at), nullptr, 16);
      at = reply.find("\r\n", at) + 2;
      if (size == 0) break;
      whole += reply.substr(at, size);
      at += size + 2;
    }
    return whole;
  }
  std::string get(std::string path, std::string headers = "") { return say("GET http://secret.zo" + path + " HTTP/1.1\r\n" + headers + "\r\n"); }
  // 403 and the like, and the words.
  std::string refusal(std::string path) {
    const std::string reply = get(std::move(path));
    return reply.substr(9, 4) + reply.substr(std::min(reply.find("\r\n\r\n") + 4, reply.size()));
  }
};

std::string body_of(const std::string& reply) { return reply.substr(std::min(reply.find("\r\n\r\n") + 4, reply.size())); }

TEST_F(GatewayTest, TheHostIsAskedWithTheSecretAndTheClientNeverSeesIt) {
  ASSERT_TRUE(set());
  const std::string reply = get("/work/a/b?c=d%2Fe", "Authorization: mine\r\nAUTHORIZATION: mine, too\r\nX-Other: 1\r\nAccept-Encoding: gzip\r\nConnection: X-Hop\r\nX-Hop: 1\r\n");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
  EXPECT_NE(reply.find("GET /a/b?c=d%2Fe 0"), reply.npos) << reply;
  ASSERT_EQ(host.seen.size(), 1u);
  const HttpRequest& seen = host.seen[0];
  EXPECT_EQ(seen.header("authorization"), std::string("Bearer ") + kValue);
  EXPECT_EQ(seen.count("authorization"), 1u);
  EXPECT_EQ(seen.header("host"), origin().substr(7));
  EXPECT_EQ(seen.header("x-other"), "1");
  EXPECT_EQ(seen.count("x-hop") + seen.count("connection"), 0u);
  ASSERT_EQ(policy.asked.size(), 1u);
  EXPECT_EQ(policy.asked[0].errand.run, "01RUN");
  EXPECT_TRUE(policy.asked[0].is_listed);
  EXPECT_TRUE(run(io, eventually([&] { return secrets.list(ada).at(0).last_used_at.has_value(); })));
}

TEST_F(GatewayTest, WhatComesBackHoldsNoSecretWhereverItIsCut) {
  ASSERT_TRUE(set());
  const std::string reply = get("/work/pieces");
  EXPECT_EQ(reply.find(kValue), reply.npos) << reply;
  EXPECT_NE(reply.find("X-Told: Bearer ‹key work›"), reply.npos) << reply;
  EXPECT_NE(reply.find("‹key work›", reply.find("\r\n\r\n")), reply.npos) << reply;
  EXPECT_TRUE(reply.ends_with("you know")) << reply;
  EXPECT_EQ(reply.find("Alt-Svc"), reply.npos);
  const std::string old = say("GET http://secret.zo/work/pieces HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(old), "it is Bearer ‹key work›, you know");
}

TEST_F(GatewayTest, BodiesOfEitherKindStreamBothWays) {
  ASSERT_TRUE(set());
  const std::string large(3'000'000, 'x');
  EXPECT_NE(say(fmt::format("POST http://secret.zo/work/p HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", large.size(), large)).find("POST /p 3000000"), std::string::npos);
  EXPECT_EQ(host.seen.back().count("transfer-encoding"), 0u);
  EXPECT_NE(say(fmt::format("PUT http://secret.zo/work/p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n3\r\nabc\r\n0\r\n\r\n", large.size(), large)).find("PUT /p 3000003"), std::string::npos);
  EXPECT_EQ(host.seen.back().header("transfer-encoding"), "chunked");
  EXPECT_NE(say("POST http://secret.zo/work/p HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc").find("POST /p 3"), std::string::npos);
  EXPECT_EQ(host.seen.back().count("expect"), 0u);
  EXPECT_NE(say("POST http://secret.zo/work/p HTTP/1.1\r\nContent-Length: 0\r\n\r\n").find("POST /p 0"), std::string::npos);
  EXPECT_GT(get("/work/large").size(), 10'000'000u);
  EXPECT_TRUE(get("/work/empty").starts_with("HTTP/1.1 204 "));
  const std::string head = say("HEAD http://secret.zo/work/a HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ") && body_of(head).empty()) << head;
}

TEST_F(GatewayTest, WhatMayChangeSomethingThereHasAKeyAndARowBeforeItGoes) {
  ASSERT_TRUE(set());
  const auto post = [&](std::string body, std::string headers = "") {
    (void)say(fmt::format("POST http://secret.zo/work/p HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", headers, body.size(), body));
    return std::string(host.seen.back().header("idempotency-key"));
  };
  const std::string first = post("a");
  EXPECT_TRUE(first.starts_with("zo-")) << first;
  EXPECT_EQ(host.seen.back().body, "a");
  EXPECT_NE(post("a"), first) << "it was answered, so this is another";
  EXPECT_NE(post("b"), first);
  EXPECT_EQ(post("a", "Idempotency-Key: mine\r\n"), "mine");
  const auto busy = [&] {
    (void)say("POST http://secret.zo/work/busy HTTP/1.1\r\nContent-Length: 1\r\n\r\na");
    return std::string(host.seen.back().header("idempotency-key"));
  };
  EXPECT_EQ(busy(), busy()) << "whether it was worked on is not known";
  (void)get("/work/a");
  EXPECT_EQ(host.seen.back().count("idempotency-key"), 0u);
  const auto answered = run(io, store->read([](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM outward_requests WHERE answered_at IS NOT NULL AND status = 200"); }));
  EXPECT_EQ(answered, 4);
}

TEST_F(GatewayTest, ARequestOfWhichNobodyKnowsWhetherItCameHasItsKeyAgain) {
  ASSERT_TRUE(run(io, secrets.set(ada, {"work", "http://127.0.0.1:1", "", kValue})));
  const char* request = "POST http://secret.zo/work/p HTTP/1.1\r\nContent-Length: 1\r\n\r\na";
  (void)say(request);
  (void)say(request);
  const auto open = run(io, store->read([](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM outward_requests WHERE answered_at IS NULL"); }));
  EXPECT_EQ(open, 1);
}

TEST_F(GatewayTest, ARedirectLeadsThroughTheGatewayOrElsewhereAndIsNotFollowed) {
  ASSERT_TRUE(set());
  const auto leads = [&](std::string location) {
    host.location = std::move(location);
    const std::string reply = get("/work/redirect");
    const std::size_t at = reply.find("Location: ") + 10;
    return reply.substr(at, reply.find("\r\n", at) - at);
  };
  EXPECT_EQ(leads(origin() + "/x?y"), "http://secret.zo/work/x?y");
  EXPECT_EQ(leads("/x"), "http://secret.zo/work/x");
  EXPECT_EQ(leads(origin().substr(5)), "http://secret.zo/work/");
  EXPECT_EQ(leads("http://127.0.0.1:1/x"), "http://127.0.0.1:1/x");
  EXPECT_EQ(leads("https://elsewhere.example/x"), "https://elsewhere.example/x");
  EXPECT_EQ(leads("x/y"), "x/y");
  EXPECT_EQ(host.seen.size(), 6u);
}

TEST_F(GatewayTest, WhatIsNotOnePlainNameAndPathIsRefusedInWords) {
  ASSERT_TRUE(set());
  EXPECT_EQ(refusal("/other/a"), "404 zo: there is no secret named 'other'; zo secret list\n");
  EXPECT_EQ(refusal("/"), "400 zo: no secret is named; http://secret.zo/NAME/path\n");
  EXPECT_EQ(refusal("/work/../other"), "400 zo: the path holds a dot segment; write the path plainly\n");
  EXPECT_EQ(refusal("/work/a/./b"), "400 zo: the path holds a dot segment; write the path plainly\n");
  for (const char* path : {"/work/%2e%2e/a", "/work/.%2E/a", "/work/a%5Cb", "/work/a%00"})
    EXPECT_EQ(refusal(path), "400 zo: the path holds an encoded dot, backslash or control character; write the path plainly\n") << path;
  EXPECT_EQ(refusal("/work%2Fa/b"), "400 zo: the name 'work%2Fa' is percent-encoded; write it as it is: http://secret.zo/NAME/path\n");
  EXPECT_EQ(refusal("/../work/b"), "400 zo: '..' is no name of a secret; http://secret.zo/NAME/path\n");
  EXPECT_EQ(refusal("/work/%4"), "400 zo: the path holds a broken percent escape\n");
  EXPECT_TRUE(say("POST http://secret.zo/work/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(say("POST http://secret.zo/work/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(say("TRACE http://secret.zo/work/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(say("CONNECT secret.zo:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403 Forbidden (zo: secret.zo is asked in plain HTTP alone"));
  EXPECT_TRUE(say("GET http://secret.zo:8080/work/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(host.seen.empty());
}

TEST_F(GatewayTest, AnotherPersonsSecretAndOneThatMayNotBeUsedAreRefused) {
  ASSERT_TRUE(set());
  asker = max;
  EXPECT_EQ(refusal("/work/a"), "404 zo: there is no secret named 'work'; zo secret list\n");
  asker = ada;
  may_not = "work";
  EXPECT_EQ(refusal("/work/a"), "403 zo: not this one\n");
  EXPECT_TRUE(host.seen.empty());
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(GatewayTest, AHostThatCannotBeReachedIsSaid) {
  ASSERT_TRUE(run(io, secrets.set(ada, {"work", "http://127.0.0.1:1", "", kValue})));
  EXPECT_EQ(refusal("/work/a"), "502 zo: cannot reach 127.0.0.1:1: Connection refused\n");
}

TEST_F(GatewayTest, BasicIsUserAndPasswordEncoded) {
  ASSERT_TRUE(set("work", "Authorization: Basic x-access-token:{}"));
  get("/work/pieces");
  EXPECT_EQ(host.seen.back().header("authorization"), "Basic " + to_padded_base64(std::string("x-access-token:") + kValue));
  ASSERT_TRUE(set("work", "Authorization: Basic {}", std::string("ada:") + kValue)) << "set again, it is replaced";
  const std::string reply = get("/work/pieces");
  EXPECT_EQ(host.seen.back().header("authorization"), "Basic " + to_padded_base64(std::string("ada:") + kValue));
  EXPECT_EQ(reply.find(to_padded_base64(std::string("ada:") + kValue)), reply.npos) << reply;
  EXPECT_EQ(secrets.list(ada).size(), 1u);
}

TEST_F(GatewayTest, TlsIsAskedForAndTheCertificateIsLookedAt) {
  prepare("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out ca.pem -days 2 "
          "-subj /CN=api.test -addext subjectAltName=DNS:api.test 2>/dev/null && echo hello > hello");
  const std::uint16_t tls_port = serve_tls();
  policy.addresses = {*IpAddress::parse("127.0.0.1")};
  ASSERT_TRUE(run(io, secrets.set(ada, {"work", fmt::format("api.test:{}", tls_port), "", kValue})));
  ASSERT_TRUE(run(io, secrets.set(ada, {"other", fmt::format("other.test:{}", tls_port), "", kValue})));
  EXPECT_TRUE(refusal("/work/hello").starts_with(fmt::format("502 zo: cannot talk to api.test:{}: SSL certificate problem", tls_port))) << refusal("/work/hello");
  ::setenv("SSL_CERT_FILE", (folder / "ca.pem").c_str(), 1);
  http.emplace(executor, &policy);
  gateway.emplace(secrets, *http);
  EXPECT_TRUE(get("/work/hello").ends_with("\r\n\r\nhello\n"));
  EXPECT_TRUE(refusal("/other/hello").starts_with(fmt::format("502 zo: cannot talk to other.test:{}: SSL: no alternative certificate subject name matches", tls_port)));
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(GatewayTest, ASecretIsBoundToOneHostAndOneHeader) {
  const auto wrong = [&](std::string to, std::string header, std::string value = kValue) {
    const auto made = run(io, secrets.set(ada, {"work", std::move(to), std::move(header), std::move(value)}));
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(wrong("api.example.org/v1", ""), "a secret cannot be bound to 'api.example.org/v1': it is a host and no address of a page");
  EXPECT_NE(wrong("http://api.example.org", ""), "");
  EXPECT_NE(wrong("http://8.8.8.8", ""), "");
  EXPECT_NE(wrong("http://169.254.169.254", ""), "");
  EXPECT_NE(wrong("ftp://a.example", ""), "");
  EXPECT_NE(wrong("127.1", ""), "");
  EXPECT_NE(wrong("a.example", "X-Key"), "");
  EXPECT_NE(wrong("a.example", "X-Key: none"), "");
  EXPECT_NE(wrong("a.example", "X-Key: {} {}"), "");
  EXPECT_NE(wrong("a.example", "Host: {}"), "");
  EXPECT_NE(wrong("a.example", "", "short"), "");
  EXPECT_NE(wrong("a.example", "", "two lines\nof a secret"), "");
  for (const char* to : {"http://10.0.0.5:3000", "http://192.168.1.2", "http://[fd00::1]:80", "http://localhost:3000", "a.example", "https://A.Example:8443"}) EXPECT_EQ(wrong(to, ""), "") << to;
  const HostSecret made = *run(io, secrets.set(ada, {"x.y", "A.Example:8443", "X-Api-Key:  {}", kValue}));
  EXPECT_EQ(made.origin(), "https://a.example:8443");
  EXPECT_EQ(made.header.value, "{}");
  EXPECT_EQ(made.hint, "b3Wc");
  EXPECT_EQ(run(io, secrets.remove(ada, "none")).error().message, "there is no secret named 'none'");
  EXPECT_TRUE(run(io, secrets.remove(ada, "x.y")));
  ASSERT_TRUE(run(io, vault.put({.person = ada, .name = "a-key", .bound = "openai", .texts = {"0123456789abcdef"}})));
  EXPECT_EQ(run(io, secrets.set(ada, {"a-key", "a.example", "", kValue})).error().code, Code::Conflict) << "a provider's key is not replaced";
  EXPECT_EQ(run(io, secrets.remove(ada, "a-key")).error().code, Code::NotFound);
}

TEST(GatewayRequest, HeadersOfOneConnectionAreNotPassedOn) {
  const auto names = [](const std::vector<Header>& headers) {
    std::string all;
    for (const Header& header : headers) all += header.name + " ";
    return all;
  };
  const std::vector<Header> headers{{"Connection", "X-Hop, close"}, {"X-Hop", "1"}, {"TE", "trailers"}, {"Upgrade", "h2c"}, {"Content-Encoding", "gzip"}, {"X-API-key", "k"}, {"Cookie", "c"}};
  EXPECT_EQ(names(headers_for_host(headers, "x-api-key")), "Content-Encoding Cookie ");
  EXPECT_EQ(names(headers_for_client(headers, "work", "https://a.example")), "X-API-key Cookie ");
}

RC_GTEST_PROP(GatewayRequest, WhatPassesHasAPlainNameAndPath, (const std::string& target)) {
  const auto request = read_gateway_request("GET /" + target + " HTTP/1.1\r\nHost: secret.zo\r\n\r\n");
  if (!request) return;
  RC_ASSERT(request->target.starts_with('/'));
  RC_ASSERT(request->name.find_first_of("/%?# \\") == std::string::npos && !request->name.empty() && request->name != "..");
  const std::string path = request->target.substr(0, request->target.find('?'));
  RC_ASSERT((path + "/").find("/../") == std::string::npos);
}

}  // namespace
}  // namespace zo
