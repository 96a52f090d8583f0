// What a person is asked, over HTTP: who may answer, and to what.
#include <boost/json.hpp>

#include "api/api_test.h"
#include "rig/probe_tool.h"

namespace zo {
namespace {

struct ApprovalsTest : ApiTest {
  ProbeTool& probe = ProbeTool::add_to(zo->tools);
  std::string page;
  Started started;
  Json asked;

  void SetUp() override {
    const std::string link = *zo.wait(zo->accounts.make_setup_link(owner_at_machine(zo.owner())));
    page = zo.wait(zo->accounts.use_setup_link(link))->secret;
    probe.tells = "example.org:443";
    ASSERT_EQ(send("PUT", "/api/policies", R"({"tool":"probe","verdict":"ask"})", {}, page).status, 200);
    zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("done");
    started = zo.start("do it");
    ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 0; }));
    const Reply list = send("GET", "/api/approvals?approval_state=asked");
    asked = parse_json(list.body, "the list")->at("items").at(0);
  }
  std::string path(const char* end = "") const { return "/api/approvals/" + text_at(asked, "id") + end; }
  std::string hash() const { return R"({"hash":")" + text_at(asked, "hash") + "\"}"; }
};

TEST_F(ApprovalsTest, AQuestionShowsTheExactCallAndWhomItTells) {
  EXPECT_EQ(text_at(asked, "arguments"), R"({"word":"a"})");
  EXPECT_EQ(text_at(asked, "destination"), "example.org:443");
  EXPECT_EQ(text_at(asked, "always"), "example.org:443");
  EXPECT_EQ(text_at(asked, "question"), "probe wants to reach example.org:443: a");
}

TEST_F(ApprovalsTest, WhatOneRunAsksIsFoundAmongMoreThanAPageOfQuestions) {
  for (std::size_t i = 0; i < limits::kPageItems; ++i) zo.start("do it");
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 0; }));
  const Json all = *parse_json(send("GET", "/api/approvals?approval_state=asked").body, "the list");
  ASSERT_EQ(all.at("items").as_array().size(), limits::kPageItems);
  EXPECT_NE(text_at(all.at("items").as_array().back(), "id"), text_at(asked, "id")) << "the oldest is beyond the page";
  const Json one = *parse_json(send("GET", "/api/approvals?approval_state=asked&run=" + started.run.id.string()).body, "the list");
  ASSERT_EQ(one.at("items").as_array().size(), 1U);
  EXPECT_EQ(text_at(one.at("items").at(0), "id"), text_at(asked, "id"));
  EXPECT_EQ(send("GET", "/api/approvals?run=none").status, 404);
}

TEST_F(ApprovalsTest, NoTokenAnswersOrWidensAnythingWhateverItsScope) {
  const std::string all = make_token(TokenScope::All);
  const std::vector<std::tuple<std::string, std::string, std::string>> tries{
      {"POST", path("/allow"), hash()},
      {"POST", path("/refuse"), hash()},
      {"PUT", "/api/policies", R"({"tool":"probe","verdict":"allow"})"},
      {"PUT", "/api/approvals/hook", R"({"url":"https://example.org/"})"},
      {"POST", "/api/setup-links", "{}"},
      {"POST", "/api/door/rules", R"({"host":"example.org:9"})"},
      {"POST", "/api/tokens", R"({"name":"more","scope":"chat","egress":"open-public"})"},
      {"PATCH", "/api/conversations/" + started.run.conversation_id.string(), R"({"egress":"open-public"})"}};
  for (const auto& [method, where, body] : tries) EXPECT_EQ(send(method, where, body, {}, all).status, 403) << method << where;
  EXPECT_TRUE(probe.ran.empty());
}

TEST_F(ApprovalsTest, AnAnswerIsToWhatWasShownAndCountsOnce) {
  EXPECT_EQ(send("POST", path("/allow"), R"({"hash":"0000"})", {}, page).status, 409);
  EXPECT_EQ(send("POST", path("/allow"), "{}", {}, page).status, 422);
  EXPECT_EQ(send("POST", path("/allow"), hash(), {}, page).status, 200);
  EXPECT_EQ(send("POST", path("/allow"), hash(), {}, page).status, 409);
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · assistant done");
  EXPECT_EQ(probe.ran["a"], 1);
}

TEST_F(ApprovalsTest, AlwaysIsARuleThatIsBoundedAndCanBeTakenBack) {
  std::string body = hash();
  body.insert(body.size() - 1, R"(,"always":true)");
  ASSERT_EQ(send("POST", path("/allow"), body, {}, page).status, 200);
  zo.finish(started);
  EXPECT_EQ(zo.ask("do it").story(), "user · tool probe ok · assistant done") << "no longer asked";
  probe.tells = "other.org:443";
  const Started other = zo.start("do it");
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 0; }));
  EXPECT_EQ(zo.wait(zo->agents.find(zo.owner(), other.run.id))->state, RunState::Waiting) << "another host is";
  const Json rules = *parse_json(send("GET", "/api/policies").body, "rules");
  std::string id;
  for (const Json& rule : rules.at("items").as_array())
    if (text_at(rule, "bound") == "example.org:443") id = text_at(rule, "id");
  EXPECT_EQ(send("DELETE", "/api/policies/" + id, "", {}, page).status, 204);
  EXPECT_EQ(zo->policies.verdict(zo.owner(), {}, "probe", "example.org:443", PolicyVerdict::Allow), PolicyVerdict::Ask);
}

TEST_F(ApprovalsTest, WhoAsksOverHttpIsToldThatItWaits) {
  const Reply ask = send("POST", "/zo/ask", R"({"input":"do it"})");
  EXPECT_EQ(ask.status, 202);
  EXPECT_NE(ask.body.find(R"("status":"waiting")"), ask.body.npos) << ask.body;
  const Reply completion = send("POST", "/v1/chat/completions", R"({"model":"zo","messages":[{"role":"user","content":"do it"}]})");
  EXPECT_EQ(completion.status, 403);
  EXPECT_NE(completion.body.find("waits for a person to allow: probe a"), completion.body.npos) << completion.body;
}

}  // namespace
}  // namespace zo
