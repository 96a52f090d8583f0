#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/admit_all.h"
#include "testing/dial_policies.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"
#include "web/web_tools.h"

namespace zo {
namespace {

// A site of a few pages, and a SearXNG.
struct Site {
  std::vector<std::string> asked;  // targets, in order
  std::string cookie;              // that somebody has sent

  Task<void> operator()(HttpRequest request, HttpResponder& responder) {
    asked.push_back(request.target);
    cookie += std::string(request.header("cookie")) + std::string(request.header("authorization"));
    if (request.path == "/page") {
      co_await responder.reply({200, {{"Content-Type", "text/html"}}, "<title>Tides</title><nav>Menu</nav><main><h1>Tides</h1><p>High at <a href='/six'>six</a>.</p></main>"});
    } else if (request.path == "/moved") {
      co_await responder.reply({301, {{"Location", "page"}, {"Set-Cookie", "a=b"}}, ""});
    } else if (request.path == "/to") {
      co_await responder.reply({302, {{"Location", request.target.substr(4)}}, ""});
    } else if (request.path == "/loop") {
      co_await responder.reply({302, {{"Location", "/loop"}}, ""});
    } else if (request.path == "/away") {
      co_await responder.reply({302, {{"Location", "ftp://example.org/"}}, ""});
    } else if (request.path == "/search") {
      co_await responder.reply({200, {{"Content-Type", "application/json"}},
                                R"({"results":[{"title":"<b>Tide</b> &amp; time","url":"https://tides.example.org/a?b","content":"High\nat six."},{"title":"x","url":"data:,x"}]})"});
    } else {
      co_await responder.reply({404, {{"Content-Type", "text/plain"}}, "no such page"});
    }
  }
};

struct WebTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  RealClock clock;
  FakeClock patience{executor};  // of the server
  Threads threads{"test", 2};
  Sandbox sandbox{executor, clock, threads};
  TempFolder folder;
  EverybodyDials policy;
  HttpClient http{executor, &policy};
  Site site;
  HttpServer server{executor, patience, admit_all(std::ref(site), 10'000), {}};
  KeySource keys{{}};
  Pages pages{clock, http};
  PageReader reader{clock, threads, sandbox, folder / "reader"};
  const PersonId person = PersonId::stored("01J00000000000000000000000");

  void SetUp() override { ASSERT_TRUE(server.listen_tcp("127.0.0.1:0")); }
  void TearDown() override { run(io, server.stop()); }
  std::string url(std::string_view path) const { return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(path); }

  Result<ToolOutcome> call(Tools& tools, std::string_view name, JsonObject arguments) {
    ToolContext context{.person = person};
    return zo::run(io, tools.find(name)->run(std::move(context), Json(std::move(arguments))));
  }
};

TEST(WebAddress, IsWhatAModelMeansByIt) {
  EXPECT_EQ(*web_address(" example.org/a b?q=ä#part "), "https://example.org/a%20b?q=%C3%A4");
  EXPECT_EQ(*web_address("HTTP://Example.org:8080"), "HTTP://Example.org:8080");
  EXPECT_EQ(*web_address("localhost:8080/x"), "https://localhost:8080/x");
  EXPECT_EQ(*web_address("example.org/?u=https://x.org"), "https://example.org/?u=https://x.org");
  for (const char* not_one : {"", "file:///etc/passwd", "javascript:alert(1)", "ftp://example.org/", "http://u:p@example.org/", "http://", "http://a b/"})
    EXPECT_FALSE(web_address(not_one)) << not_one;
  EXPECT_FALSE(web_address(std::string(limits::kFetchUrlBytes + 1, 'a')));
}

TEST(WebAddress, AReferenceIsReadWhereItStands) {
  const std::string base = "https://example.org/a/b?c#d";
  EXPECT_EQ(*resolved_url(base, "e"), "https://example.org/a/e");
  EXPECT_EQ(*resolved_url(base, "/e?f=g"), "https://example.org/e?f=g");
  EXPECT_EQ(*resolved_url(base, "//other.example/x"), "https://other.example/x");
  EXPECT_EQ(*resolved_url(base, "http://plain.example/"), "http://plain.example/");
  for (const char* not_one : {"file:///etc/passwd", "ftp://example.org/", "http://u:p@example.org/", "http://"}) EXPECT_FALSE(resolved_url(base, not_one)) << not_one;
}

TEST_F(WebTest, APageIsReadAndItsTextIsTheWebs) {
  Tools tools;
  add_fetch_tool(tools, pages, reader);
  const auto outcome = call(tools, "fetch_url", {{"url", url("/page")}});
  ASSERT_TRUE(outcome) << sentence(outcome.error());
  EXPECT_EQ(outcome->output, "Tides\n" + url("/page") + "\n\nHigh at six [1].\n\nLinks:\n[1] " + url("/six"));
  EXPECT_TRUE(outcome->ok);
  EXPECT_EQ(outcome->origin, Origin::Web);
  EXPECT_EQ(outcome->seen, Taint(Seen::Web));
  ASSERT_EQ(policy.asked.size(), 1U);
  EXPECT_EQ(policy.asked[0].errand.purpose, Purpose::Fetch);
  EXPECT_EQ(policy.asked[0].errand.person, person);
}

TEST_F(WebTest, EachRedirectIsADialOfItsOwnAndTakesNothingAlong) {
  Tools tools;
  add_fetch_tool(tools, pages, reader);
  EXPECT_TRUE(call(tools, "fetch_url", {{"url", url("/moved")}})->output.starts_with("Tides\n" + url("/page") + "\n"));
  EXPECT_EQ(policy.asked.size(), 2U);
  EXPECT_EQ(site.cookie, "");
  EXPECT_EQ(call(tools, "fetch_url", {{"url", url("/loop")}}).error().message, "more than 5 redirects, the last to /loop");
  EXPECT_EQ(policy.asked.size(), 8U);
  EXPECT_EQ(call(tools, "fetch_url", {{"url", url("/away")}}).error().code, Code::Denied);
}

TEST_F(WebTest, ARedirectToAnotherSiteIsFollowedOnlyWhereThatOneMayBeTold) {
  Tools tools;
  add_fetch_tool(tools, pages, reader);
  std::vector<std::string> asked;
  const auto fetch = [&](const std::string& address, bool may) {
    ToolContext context{.person = person};
    context.may_tell = [&asked, may](std::string_view destination) {
      asked.emplace_back(destination);
      return may;
    };
    return zo::run(io, tools.find("fetch_url")->run(std::move(context), Json(JsonObject{{"url", address}})));
  };
  const std::string other = "http://localhost:" + std::to_string(server.port()) + "/page";
  const auto refused = fetch(url("/to?" + other), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "it sends on to another site: " + other);
  EXPECT_EQ(policy.asked.size(), 1U) << "it was not dialled";
  EXPECT_EQ(asked, std::vector{"localhost:" + std::to_string(server.port())});
  EXPECT_TRUE(fetch(url("/to?" + other), true));
  EXPECT_TRUE(fetch(url("/moved"), false)) << "the same site";
}

TEST_F(WebTest, AnAnswerThatIsNoPageIsToldWithItsStatus) {
  Tools tools;
  add_fetch_tool(tools, pages, reader);
  const auto outcome = call(tools, "fetch_url", {{"url", url("/nowhere")}, {"format", "raw"}});
  ASSERT_TRUE(outcome) << sentence(outcome.error());
  EXPECT_FALSE(outcome->ok);
  EXPECT_EQ(outcome->output, "[the server answered 404]\n" + url("/nowhere") + "\n\nno such page");
}

TEST_F(WebTest, WhomACallTellsSomethingIsKnownBefore) {
  Tools tools;
  add_fetch_tool(tools, pages, reader);
  const Tool& tool = *tools.find("fetch_url");
  EXPECT_EQ(tool.destination({}, Json(JsonObject{{"url", "EXAMPLE.org/x"}})), "example.org:443");
  EXPECT_EQ(tool.destination({}, Json(JsonObject{{"url", "http://[::1]:8080/"}})), "[::1]:8080");
  EXPECT_EQ(tool.destination({}, Json(JsonObject{{"url", "file:///x"}})), "");
  EXPECT_TRUE(tool.effects({}).sends);
  EXPECT_FALSE(tool.spec().small);
}

TEST_F(WebTest, WithoutAProviderNobodyIsOfferedASearch) {
  Searches searches(clock, http, keys, "");
  Tools tools;
  add_search_tool(tools, searches);
  EXPECT_TRUE(tools.offered(Allowance::everything()).empty());
  const Allowance all = Allowance::everything();
  const Decision decision = tools.decide({.name = "web_search", .arguments = R"({"query":"x"})", .tools = all});
  EXPECT_EQ(decision.verdict, Decision::Verdict::Refused);
  EXPECT_EQ(decision.why.message, "'web_search' is not set up on this computer");
}

TEST_F(WebTest, ASearchNamesItsSources) {
  Searches searches(clock, http, keys, url(""));
  Tools tools;
  add_search_tool(tools, searches);
  EXPECT_EQ(tools.offered(Allowance::everything()).size(), 1U);
  const auto outcome = call(tools, "web_search", {{"query", "tide & time"}, {"count", 3}});
  ASSERT_TRUE(outcome) << sentence(outcome.error());
  EXPECT_EQ(outcome->output, "SearXNG found for: tide & time\n\n1. Tide & time — tides.example.org\n   https://tides.example.org/a?b\n   High at six.\n");
  EXPECT_EQ(outcome->origin, Origin::Web);
  EXPECT_EQ(site.asked.back(), "/search?q=tide%20%26%20time&format=json");
  EXPECT_EQ(tools.find("web_search")->destination({}, {}), "127.0.0.1:" + std::to_string(server.port()));
}

}  // namespace
}  // namespace zo
