// Two people in one store: what every route says to one of them when it is asked for what is the other's.
#include <boost/json.hpp>
#include <map>
#include <set>

#include "api/api_test.h"
#include "api/route.h"

namespace zo {
namespace {

// What the other person gets. "{conversation}" and the like stand for what is Ann's.
struct Question {
  std::string route;  // "GET /api/runs/{id}"
  int status;
  std::string query = "";
  std::string body = "";
};

// Statuses of what a person does for themselves, beside all that is another's.
const std::vector<Question> kQuestions{
    {"POST /zo/ask", 404, "", R"({"input":"go on","conversation_id":"{conversation}"})"},
    {"GET /models/available", 200},
    {"POST /v1/chat/completions", 404, "",
     R"({"model":"zo","messages":[{"role":"user","content":"go on"}],"metadata":{"conversation_id":"{conversation}"}})"},
    {"GET /v1/models", 200},
    {"GET /v1/models/{model}", 200},
    {"GET /api/conversations", 200},
    {"GET /api/conversations", 200, "?search=marmalade"},
    {"POST /api/conversations", 201, "", "{}"},
    {"GET /api/conversations/{id}", 404},
    {"PATCH /api/conversations/{id}", 404, "", R"({"title":"mine now"})"},
    {"DELETE /api/conversations/{id}", 404},
    {"GET /api/conversations/{id}/export", 404},
    {"GET /api/conversations/{id}/messages", 404},
    {"GET /api/conversations/{id}/messages/{message_id}/versions/{number}", 404},
    {"POST /api/conversations/{id}/messages", 404, "", R"({"text":"go on"})"},
    {"POST /api/conversations/{id}/messages", 403, "", R"({"text":"go on","files":["marmalade.txt"]})"},
    {"POST /api/conversations/{id}/messages/{message_id}/edit", 404, "", R"({"text":"otherwise"})"},
    {"POST /api/conversations/{id}/messages/{message_id}/regenerate", 404},
    {"DELETE /api/conversations/{id}/messages/{message_id}", 404},
    {"GET /api/runs", 200},
    {"GET /api/runs", 200, "?conversation_id={conversation}"},
    {"GET /api/runs/{id}", 404},
    {"GET /api/runs/{id}/events", 404},
    {"POST /api/runs/{id}/cancel", 404},
    {"DELETE /api/runs/{id}/outputs", 404},
    {"GET /api/tool-calls/{id}/output", 404},
    {"GET /api/automations", 200},
    {"POST /api/automations", 200, "", R"({"name":"bens","every":"every day at 9","prompt":"do it"})"},
    {"POST /api/automations/preview", 200, "", R"({"every":"hourly"})"},
    {"GET /api/automations/{name}", 404},
    {"PATCH /api/automations/{name}", 404, "", R"({"prompt":"mine now"})"},
    {"DELETE /api/automations/{name}", 404},
    {"POST /api/automations/{name}/run", 404},
    {"POST /api/automations/{name}/pause", 404},
    {"POST /api/automations/{name}/resume", 404},
    {"GET /api/automations/{name}/history", 404},
    {"GET /api/calendar", 200, "?from=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"},
    {"GET /api/mail", 200},
    {"PUT /api/mail", 200, "", R"({"server":"smtps://bens.example","from":"ben@bens.example"})"},
    {"DELETE /api/mail", 204},
    {"POST /api/mail/test", 422, "", R"({"to":"me@example.org"})"},
    {"GET /api/jobs", 200},
    {"GET /api/jobs", 200, "?queue=runs"},
    {"GET /api/jobs/{id}", 404},
    {"GET /api/jobs/{id}/why", 404},
    {"GET /api/jobs/{id}/log", 404},
    {"POST /api/jobs/{id}/cancel", 404},
    {"POST /api/jobs/{id}/retry", 404},
    {"GET /api/queues", 200},
    {"PATCH /api/queues/{name}", 200, "", R"({"paused":true})"},
    {"GET /api/events", 200},
    {"GET /api/files", 403},
    {"GET /api/files/content", 403, "?path=marmalade.txt"},
    {"PUT /api/files/content", 403, "?path=marmalade.txt&replace=true", "gone"},
    {"DELETE /api/files/content", 403, "?path=marmalade.txt"},
    {"GET /api/files/entry", 403, "?path=marmalade.txt"},
    {"POST /api/files/folders", 403, "", R"({"path":"mine"})"},
    {"POST /api/files/move", 403, "", R"({"path":"marmalade.txt","to":"mine.txt"})"},
    {"POST /api/files/trash", 403, "", R"({"path":"marmalade.txt"})"},
    {"GET /api/files/trash", 403},
    {"DELETE /api/files/trash", 403},
    {"POST /api/files/trash/{id}/restore", 403},
    {"DELETE /api/files/trash/{id}", 403},
    {"POST /api/files/links", 403, "", R"({"path":"marmalade.txt"})"},
    {"GET /api/computer", 403},
    {"POST /api/computer/setup-done", 204},
    {"PUT /api/workspace", 403, "", R"({"path":"{workspace}"})"},
    {"PUT /api/workspace/quota", 403, "", R"({"bytes":1})"},
    {"GET /api/limits", 200},
    {"PUT /api/limits/{name}", 404, "", R"({"value":1})"},
    {"GET /api/examples", 200},
    {"GET /api/tools", 200},
    {"GET /api/models", 200},
    {"PUT /api/models/current", 200, "", R"({"name":"openai/another"})"},
    {"GET /api/models/quirks", 200, "?model=openai/scripted"},
    {"DELETE /api/models/quirks", 204, "?model=openai/scripted"},
    {"POST /api/models/test", 200, "", R"({"name":"openai/scripted"})"},
    {"POST /api/models/refresh", 200},
    {"GET /api/providers", 200},
    {"GET /api/keys", 200},
    {"POST /api/keys", 201, "", R"({"name":"bens","key":"a-key-of-ben","provider":"groq"})"},
    {"POST /api/keys/rotate", 200},
    {"POST /api/keys/{name}/use", 404},
    {"POST /api/keys/{name}/test", 404},
    {"POST /api/keys/{name}/take", 404},
    {"DELETE /api/keys/{name}", 404},
    {"GET /api/secrets", 200},
    {"POST /api/secrets", 201, "", R"({"name":"bens-secret","host":"bens.example","value":"a-secret-of-ben"})"},
    {"DELETE /api/secrets/{name}", 404},
    {"GET /api/door/rules", 200},
    {"POST /api/door/rules", 200, "", R"({"host":"bens.example"})"},
    {"DELETE /api/door/rules", 404, "?host=MARMALADE.example"},
    {"GET /api/door/log", 200},
    {"GET /api/door/log", 200, "?run={run}"},
    {"GET /api/approvals", 200},
    {"GET /api/approvals/hook", 200},
    {"PUT /api/approvals/hook", 200, "", R"({"url":null})"},
    {"GET /api/approvals/{id}", 404},
    {"POST /api/approvals/{id}/allow", 404, "", R"({"hash":"0"})"},
    {"POST /api/approvals/{id}/refuse", 404, "", R"({"hash":"0"})"},
    {"GET /api/policies", 200},
    {"PUT /api/policies", 200, "", R"({"tool":"shell","verdict":"ask"})"},
    {"DELETE /api/policies/{id}", 404},
    {"POST /api/setup-links", 201},
    {"GET /api/tokens", 200},
    {"POST /api/tokens", 201, "", R"({"name":"mine","scope":"read"})"},
    {"DELETE /api/tokens/{id}", 404},
};
// What they answer Ann is hers.
const std::vector<std::string> kHers{
    "GET /api/conversations",
    "GET /api/conversations/{id}",
    "GET /api/conversations/{id}/export",
    "GET /api/conversations/{id}/messages",
    "GET /api/runs",
    "GET /api/runs/{id}",
    "GET /api/runs/{id}/events",
    "GET /api/tool-calls/{id}/output",
    "GET /api/files",
    "GET /api/files/content",
    "GET /api/files/entry",
    "GET /api/computer",
    "GET /api/secrets",
    "GET /api/door/rules",
    "GET /api/door/log",
    "GET /api/tokens",
    "GET /api/keys",
};

// Everything that Ann has has marmalade in it.
struct PeopleTest : ApiTest {
  PersonId ben = PersonId::make(zo.dice, zo.real_clock.now());
  std::string bens = (add_ben(), page_of(ben));
  std::string anns = token_of(zo.owner(), "marmalade token");
  std::map<std::string, std::string, std::less<>> hers;

  void SetUp() override {
    zo.model.calls("shell", {{"command", "echo marmalade | tee marmalade.txt"}}).then_says("It is marmalade.");
    const Told told = zo.ask("marmalade?");
    ASSERT_EQ(told.story(), "user · tool shell ok · assistant It is marmalade.");
    ASSERT_TRUE(zo.wait(zo->door.allow(zo.owner(), "marmalade.example:22", Reach::Public)));
    ASSERT_TRUE(zo.wait(zo->secrets.set(zo.owner(), {.name = "anns", .host = "marmalade.example", .header = "", .value = "a-secret-of-ann"})));
    ASSERT_FALSE(zo.wait(zo->door.admit({{zo.owner(), told.run.id.string(), Purpose::Fetch}, "marmalade.example", 25, false})));
    const auto tokens = *zo.wait(zo->accounts.tokens(zo.owner()));
    hers = {{"{conversation}", told.conversation.string()},    {"{run}", told.run.id.string()},
            {"{message}", told.messages.back().id.string()},   {"{call}", told.messages.at(1).tool_calls.at(0).id.string()},
            {"{token}", tokens.at(0).id.string()},             {"{workspace}", zo.workspace()},                   {"{key}", "marmalade-key"}};
    for (const char* name : {"marmalade-key", "anns-key"})
      ASSERT_TRUE(zo.wait(zo->keys.add(zo.owner(), {.name = name, .key = "marmalade-secret", .provider = "groq"})));
  }

  void add_ben() {
    auto add = [person = ben](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'ben', 1)", person);
      return {};
    };
    EXPECT_TRUE(zo.wait(zo->store.write(add)));
  }
  std::string token_of(const PersonId& person, std::string name) {
    TokenWish wish{std::move(name), TokenScope::All, Allowance::everything(), Allowance::everything()};
    return zo.wait(zo->accounts.create_token(owner_at_machine(person), std::move(wish)))->secret;
  }
  // Of somebody who sits before it, and so may ask for everything.
  std::string page_of(const PersonId& person) {
    const std::string link = *zo.wait(zo->accounts.make_setup_link(owner_at_machine(person)));
    return zo.wait(zo->accounts.use_setup_link(link))->secret;
  }
  std::string filled(std::string text) const {
    for (const auto& [name, value] : hers)
      if (const std::size_t at = text.find(name); at != text.npos) text.replace(at, name.size(), value);
    return text;
  }
  // The route's pattern with Ann's ids.
  std::string path_of(std::string pattern) const {
    const std::string id = pattern.starts_with("/api/conversations") ? "{conversation}"
                           : pattern.starts_with("/api/runs")        ? "{run}"
                           : pattern.starts_with("/api/tool-calls")  ? "{call}"
                                                                     : "{token}";
    for (const auto& [placeholder, name] : {std::pair<std::string, std::string>{"{id}", id}, {"{message_id}", "{message}"}, {"{model}", "openai/scripted"}, {"{name}", "anns-key"}, {"{number}", "1"}})
      if (const std::size_t at = pattern.find(placeholder); at != pattern.npos) pattern.replace(at, placeholder.size(), name);
    return filled(pattern);
  }
  Reply ask(const Question& question, const std::string& secret) {
    const std::size_t space = question.route.find(' ');
    return send(question.route.substr(0, space), path_of(question.route.substr(space + 1)) + filled(question.query), filled(question.body), {}, secret);
  }
  // A refusal may name the id that was asked for; what is behind it never shows.
  bool shows_hers(const Reply& answer) const {
    if (answer.body.find("marmalade") != answer.body.npos) return true;
    return answer.status < 300 && std::ranges::any_of(hers, [&](const auto& one) { return answer.body.find(one.second) != answer.body.npos; });
  }
};

TEST_F(PeopleTest, NoRouteTellsOnePersonOfAnother) {
  std::set<std::string> asked;
  for (const Question& question : kQuestions) {
    const Reply answer = ask(question, bens);
    EXPECT_EQ(answer.status, question.status) << question.route << question.query << "\n" << answer.body;
    EXPECT_FALSE(shows_hers(answer)) << question.route << question.query << "\n" << answer.body;
    asked.insert(question.route);
  }
  std::set<std::string> all;
  for (const Route& route : routes())
    if (route.guard != Guard::Open) all.insert(fmt::format("{} {}", route.method, route.pattern));
  EXPECT_EQ(asked, all) << "a route that is not in the table";
}

TEST_F(PeopleTest, WhatOnePersonHasStaysTheirsWhateverAnotherAsks) {
  for (const Question& question : kQuestions) ask(question, bens);
  for (const Question& question : kQuestions) {
    if (std::ranges::find(kHers, question.route) == kHers.end()) continue;
    const Reply answer = ask(question, anns);
    EXPECT_EQ(answer.status, 200) << question.route << "\n" << answer.body;
    EXPECT_TRUE(shows_hers(answer)) << question.route << "\n" << answer.body;
  }
  EXPECT_EQ(ask({"GET /api/files/content", 200, "?path=marmalade.txt"}, anns).body, "marmalade\n");
  const Json models = *parse_json(ask({"GET /api/models", 200}, anns).body, "the models");
  EXPECT_EQ(text_at(models, "current"), "openai/scripted");
}

TEST_F(PeopleTest, ALinkLeadsToTheFileOfWhoMadeIt) {
  const Reply link = ask({"POST /api/files/links", 200, "", R"({"path":"marmalade.txt"})"}, anns);
  const std::string url = text_at(*parse_json(link.body, "the link"), "url");
  EXPECT_EQ(send("GET", url, "", {}, "").body, "marmalade\n");
  std::string for_ben = url;
  const std::string ann = zo.owner().string();
  for_ben.replace(for_ben.find(ann), ann.size(), ben.string());
  EXPECT_EQ(send("GET", for_ben, "", {}, "").status, 403);
}

// An agent works for the person of its run.
TEST_F(PeopleTest, TheToolsOfOnePersonDoNotReachTheFilesOfAnother) {
  for (const std::string tool : {"shell", "read_file"}) {
    zo.model.calls(tool, {{tool == "shell" ? "command" : "path", tool == "shell" ? "cat marmalade.txt" : "marmalade.txt"}}).then_says("So it is.");
    const Reply answer = ask({"POST /zo/ask", 200, "", R"({"input":"what is in the file?"})"}, bens);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string last = to_text(zo.model.seen().back().body);
    EXPECT_NE(last.find("you have no workspace on this computer"), last.npos) << last;
    EXPECT_EQ(last.find("marmalade\\n"), last.npos) << last;
  }
}

}  // namespace
}  // namespace zo
