// What the API says of itself, against what it does.
#include "api/openapi.h"

#include <boost/json.hpp>
#include <set>

#include "api/api_test.h"
#include "api/route.h"
#include "api/shapes.h"
#include "base/text.h"
#include "testing/receivers.h"

namespace zo {
namespace {

using namespace std::string_literals;

using OpenApiTest = ApiTest;

TEST_F(OpenApiTest, EveryRowHasOneHandlerAndNamesWhatThereIs) {
  const JsonObject components = api_components();
  std::set<std::string> seen;
  for (const Route& route : routes()) {
    const std::string row = fmt::format("{} {}", route.method, route.pattern);
    EXPECT_TRUE(seen.insert(row).second) << row << " stands there twice";
    EXPECT_NE(route.plain == nullptr, route.stream == nullptr) << row;
    EXPECT_NE(route.summary, "") << row;
    for (const std::string_view name : {route.request, route.answer, route.events})
      EXPECT_TRUE(name.empty() || components.at("schemas").as_object().contains(name)) << row << ": " << name;
    for (const std::string_view name : split(route.parameters, ' '))
      EXPECT_TRUE(name.empty() || components.at("parameters").as_object().contains(name)) << row << ": " << name;
  }
}

// What the description says, against what the server does.
struct Described {
  std::string method;
  std::string pattern;
  std::string path;  // the pattern with an id for each placeholder
  Json operation;
  std::set<std::string, std::less<>> parameters;
};

std::vector<Described> described(const Json& document) {
  std::vector<Described> all;
  for (const auto& [pattern, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      Described one{std::string(method), std::string(pattern), std::string(pattern), operation, {}};
      for (char& c : one.method) c = static_cast<char>(std::toupper(c));
      for (std::size_t at = one.path.find('{'); at != std::string::npos; at = one.path.find('{'))
        one.path.replace(at, one.path.find('}') - at + 1, "01J00000000000000000000000");
      for (const Json& parameter : operation.at("parameters").as_array()) {
        const auto reference = string_at(parameter, "$ref");
        if (reference) one.parameters.emplace(reference->substr(reference->rfind('/') + 1));
      }
      all.push_back(std::move(one));
    }
  }
  return all;
}

TEST_F(OpenApiTest, TheDescriptionSaysWhoIsLetIn) {
  const Json document = json(send("GET", "/openapi.json", "", {}, ""));
  std::set<std::string> open;
  for (const Described& one : described(document)) {
    const Reply reply = send(one.method, one.path, "", {}, "");
    if (find(one.operation, "security") == nullptr) open.insert(one.method + " " + one.pattern);
    EXPECT_EQ(reply.status == 401, find(one.operation, "security") != nullptr) << one.method << one.path << reply.status;
  }
  EXPECT_EQ(open, (std::set<std::string>{"GET /api/health", "GET /docs", "GET /files/{link}", "GET /openapi.json", "POST /api/setup", "POST /hooks/{id}", "POST /hooks/{id}/{secret}"}));
}

TEST_F(OpenApiTest, TheDescriptionNamesTheParametersThatAreRead) {
  const Json document = json(send("GET", "/openapi.json"));
  for (const Described& one : described(document)) {
    EXPECT_EQ(one.parameters.contains("Idempotency-Key"), one.method != "GET" && find(one.operation, "security") != nullptr) << one.path;
    if (one.method != "GET" || !find(one.operation, "security")) continue;
    // A value that no parameter may have is refused just where the parameter is said to be.
    for (const auto& [name, value] : {std::pair{"limit", "0"}, {"state", "nope"}, {"format", "nope"}}) {
      const Reply reply = send("GET", one.path + "?" + name + "=" + value);
      const bool refused = reply.status == 422 && reply.body.find(std::string(name) + " is") != std::string::npos;
      EXPECT_EQ(refused, one.parameters.contains(name)) << one.path << " " << name << ": " << reply.body;
    }
  }
}

TEST_F(OpenApiTest, StreamsAreDescribedByTheirEvents) {
  const Json document = json(send("GET", "/openapi.json"));
  std::set<std::string> streams;
  for (const Route& route : routes()) {
    if (route.events.empty()) continue;
    const Json& operation = document.at("paths").at(route.pattern).at(to_lower(route.method));
    const Json& content = operation.at("responses").at("2XX").at("content").at("text/event-stream");
    EXPECT_EQ(text_at(content.at("schema"), "$ref"), fmt::format("#/components/schemas/{}", route.events));
    streams.emplace(route.events);
  }
  EXPECT_EQ(streams, (std::set<std::string>{"AskEvent", "Change", "ChatCompletionChunk", "RunEvent"}));
}

TEST_F(OpenApiTest, TheDocsShowBodiesAndExamplesAndStayLight) {
  const std::string page = docs_page();
  const JsonObject components = api_components();
  for (const Route& route : routes()) {
    const std::size_t begin = page.find(fmt::format("<summary><code>{} {}</code>", route.method, route.pattern));
    ASSERT_NE(begin, page.npos) << route.pattern;
    const std::string shown = page.substr(begin, page.find("</details>", begin) - begin);
    for (const std::string_view shape : {route.request, route.answer, route.events})
      EXPECT_TRUE(shape.empty() || shown.find(fmt::format("<a href=\"#{0}\">{0}</a></p><pre>", shape)) != page.npos) << route.pattern << " " << shape;
  }
  for (std::size_t at = 0; (at = page.find("href=\"#", at)) != page.npos; ++at) {
    const std::string name = page.substr(at + 7, page.find('"', at + 7) - at - 7);
    EXPECT_NE(page.find("<details id=\"" + name + "\">"), page.npos) << name;
  }
  for (const char* words : {"event: tool_finished\ndata: {", "\"content\":\"What is in my workspace?\"", "background?: boolean | null (else false)", "data: [DONE]", "event: FrontendModelResponse\n"})
    EXPECT_NE(page.find(words), page.npos) << words;
  EXPECT_LT(page.size(), 144 * limits::KiB);
}

// A success of every route; what comes back is held to what is said of it.
struct Tour : ApiTest {
  std::set<std::string> visited;  // "GET /api/runs/{id}"
  // Who sits before the page may ask for everything.
  std::string page = zo.wait(zo->accounts.use_setup_link(*zo.wait(zo->accounts.make_setup_link(owner_at_machine(zo.owner())))))->secret;

  Json visit(const std::string& method, const std::string& path, const std::string& body = "") {
    const Reply reply = send(method, path, body, {}, page);
    EXPECT_TRUE(reply.status >= 200 && reply.status < 300) << method << " " << path << ": " << reply.status << " " << reply.body;
    visited.insert(fmt::format("{} {}", method, match_route(method, path.substr(0, path.find('?'))).route->pattern));
    return parse_json(reply.body, path).value_or(Json(nullptr));
  }

  void in_the_house() {
    for (const char* path : {"/api/health", "/openapi.json", "/docs", "/models/available", "/v1/models", "/v1/models/openai/scripted", "/api/computer",
                             "/api/examples", "/api/tools", "/api/models", "/api/tokens", "/api/events", "/api/providers", "/api/keys"})
      visit("GET", path);
    const std::string url = text_at(visit("POST", "/api/setup-links"), "url");
    visit("POST", "/api/setup", R"({"secret":")" + url.substr(url.find('#') + 1) + "\"}");
    visit("DELETE", "/api/tokens/" + text_at(visit("POST", "/api/tokens", R"({"name":"a","scope":"chat","tools":["shell"],"models":"all"})"), "id"));
    visit("POST", "/api/secrets", R"({"name":"work","host":"api.example.org","value":"a-secret-0123456789"})");
    visit("GET", "/api/secrets");
    visit("DELETE", "/api/secrets/work");
    visit("POST", "/api/door/rules", R"({"host":"mirror.example:8080","private":true})");
    visit("GET", "/api/door/rules");
    visit("DELETE", "/api/door/rules?host=mirror.example");
    visit("GET", "/api/door/log?run=01J00000000000000000000000");
    visit("POST", "/api/computer/setup-done");
    visit("PUT", "/api/workspace", R"({"path":")" + zo.workspace() + "\"}");
    visit("PUT", "/api/workspace/quota", R"({"bytes":1000000})");
    visit("GET", "/api/models/quirks?model=openai/scripted");
    visit("DELETE", "/api/models/quirks?model=openai/scripted");
    visit("GET", "/api/limits");
    visit("PUT", "/api/limits/steps_a_run", R"({"value":80})");
    visit("PUT", "/api/limits/steps_a_run", R"({"value":null})");
    visit("PUT", "/api/models/current", R"({"name":"openai/scripted"})");
    visit("POST", "/api/models/test", R"({"name":"openai/scripted"})");
    zo.model.when("the one word").fails(401);
    EXPECT_EQ(bool_at(visit("POST", "/api/models/test", R"({"name":"openai/scripted"})"), "ok"), false);
    visit("POST", "/api/keys", fmt::format(R"({{"name":"box","key":"k-0123456789","base_url":"{}/v1","headers":{{"X-Org":"mine"}}}})", zo.model.url()));
    visit("POST", "/api/keys/box/use");
    EXPECT_EQ(bool_at(visit("POST", "/api/keys/box/test"), "ok"), false);
    visit("POST", "/api/models/refresh");
    visit("POST", "/api/keys/rotate");
    visit("DELETE", "/api/keys/box");
    zo->keys = KeySource({{"GROQ_API_KEY", "gsk-0123456789"}}, zo->store, zo->vault);
    visit("POST", "/api/keys/GROQ_API_KEY/take");
  }

  void among_files() {
    visit("PUT", "/api/files/content?path=a.txt", "hello");
    visit("GET", "/api/files");
    visit("GET", "/api/files/content?path=a.txt");
    visit("GET", text_at(visit("POST", "/api/files/links", R"({"path":"a.txt"})"), "url"));
    visit("GET", "/api/files/entry?path=a.txt");
    visit("DELETE", "/api/files/content?path=a.txt");
    visit("POST", "/api/files/folders", R"({"path":"d"})");
    visit("POST", "/api/files/move", R"({"path":"d","to":"e"})");
    const std::string deleted = text_at(visit("POST", "/api/files/trash", R"({"path":"e"})"), "id");
    visit("GET", "/api/files/trash");
    visit("POST", "/api/files/trash/" + deleted + "/restore");
    visit("DELETE", "/api/files/trash/" + text_at(visit("POST", "/api/files/trash", R"({"path":"e"})"), "id"));
    visit("DELETE", "/api/files/trash");
  }

  void about_automations() {
    visit("POST", "/api/automations/preview", R"({"every":"every weekday at 8","zone":"Europe/Berlin"})");
    visit("POST", "/api/automations", R"({"name":"notes","every":"every day at 9","prompt":"count","zone":"UTC"})");
    visit("GET", "/api/automations");
    visit("PATCH", "/api/automations/notes", R"({"every":"hourly","overlap":"buffer_one"})");
    visit("POST", "/api/automations/notes/run");
    visit("GET", "/api/automations/notes");
    visit("POST", "/api/automations/notes/pause");
    visit("POST", "/api/automations/notes/resume");
    EXPECT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM occurrences WHERE state = 'begun'") == 0; }));
    visit("GET", "/api/automations/notes/history?limit=1");
    visit("GET", "/api/calendar?from=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z");
    const Json linked = visit("POST", "/api/automations", R"({"name":"linked","prompt":"count","on_hook":true,"on_file":"inbox/*","on_automation":"notes","deliver":[{"kind":"email","to":"me@example.org"}]})");
    const std::string link = text_at(linked, "hook_link");
    const std::string path = link.substr(link.find("/hooks/"));
    visit("POST", path, R"({"a":1})");
    EXPECT_EQ(send("POST", path.substr(0, path.rfind('/')), R"({"a":1})").status, 404) << "not signed";
    visited.insert("POST /hooks/{id}");
    visit("DELETE", "/api/automations/linked");
    visit("DELETE", "/api/automations/notes");
  }

  void about_mail() {
    MailReceiver receiver(zo.io);
    visit("PUT", "/api/mail", R"({"server":")" + receiver.url() + R"(","from":"zo@example.org"})");
    visit("GET", "/api/mail");
    visit("POST", "/api/mail/test", R"({"to":"me@example.org"})");
    EXPECT_EQ(receiver.seen.size(), 1u);
    visit("DELETE", "/api/mail");
    visit("GET", "/api/mail");
  }

  void about_jobs() {
    const Json some = visit("GET", "/api/jobs?queue=runs&job_state=succeeded&limit=1");
    const std::string path = "/api/jobs/" + text_at(some.at("items").at(0), "id");
    visit("GET", path);
    visit("GET", path + "/why");
    visit("GET", path + "/log?after=0");
    visit("GET", "/api/queues");
    visit("PATCH", "/api/queues/other", R"({"paused":true,"at_once":2,"rate":{"count":3,"within_ms":1000}})");
    visit("PATCH", "/api/queues/other", R"({"paused":false,"at_once":null,"rate":null})");
    zo.model.when("say no").fails(401).then_says("yes");
    const std::string failed = "/api/jobs/" + zo.ask("say no").run.id.string();
    const std::string again = text_at(visit("POST", failed + "/retry"), "id");
    visit("GET", "/api/runs/" + again + "/events");
    zo.model.when("wait").says("slow").hangs_after(0);
    visit("POST", "/api/jobs/" + zo.start("wait").run.id.string() + "/cancel");
  }

  void asked() {
    const std::string rule = text_at(visit("PUT", "/api/policies", R"({"tool":"shell","verdict":"ask"})"), "id");
    visit("GET", "/api/policies");
    visit("GET", "/api/approvals/hook");
    visit("PUT", "/api/approvals/hook", R"({"url":"https://ntfy.example/a","kind":"ntfy"})");
    visit("PUT", "/api/approvals/hook", R"({"url":null})");
    for (const char* answer : {"/allow", "/refuse"}) {
      EXPECT_EQ(text_at(visit("POST", "/zo/ask", R"({"input":"count"})"), "status"), "waiting");
      const Json question = visit("GET", "/api/approvals?approval_state=asked").at("items").at(0);
      const std::string path = "/api/approvals/" + text_at(question, "id");
      visit("GET", path);
      visit("POST", path + answer, R"({"hash":")" + text_at(question, "hash") + "\"}");
      visit("GET", "/api/runs/" + text_at(question, "run_id") + "/events");
    }
    visit("DELETE", "/api/policies/" + rule);
  }

  void in_other_dialects() {
    visit("POST", "/zo/ask", R"({"input":"count"})");
    visit("POST", "/zo/ask", R"({"input":"count","stream":true})");
    for (const char* model : {"zo", "openai/scripted"})
      for (const char* stream : {"", R"("stream":true,"stream_options":{"include_usage":true},)"})
        visit("POST", "/v1/chat/completions", fmt::format(R"({{"model":"{}",{}"messages":[{{"role":"user","content":"hi"}}]}})", model, stream));
  }

  // Says something and reads the run to its end.
  Json say(const std::string& path, const std::string& body) {
    const Json started = visit("POST", path, body);
    visit("GET", "/api/runs/" + text_at(started.at("run"), "id") + "/events");
    return started;
  }

  void in_a_conversation() {
    const std::string conversation = "/api/conversations/" + text_at(visit("POST", "/api/conversations", R"({"title":"a"})"), "id");
    const Json said = say(conversation + "/messages", R"({"text":"count"})");
    const Json call = visit("GET", conversation + "/messages").at("items").at(1).at("tool_calls").at(0);
    visit("GET", "/api/tool-calls/" + text_at(call, "id") + "/output");
    visit("DELETE", "/api/runs/" + text_at(call, "run_id") + "/outputs");
    visit("GET", "/api/runs/" + text_at(call, "run_id"));
    say(conversation + "/messages/" + text_at(said.at("message"), "id") + "/edit", R"({"text":"count"})");
    const Json answer = visit("GET", conversation + "/messages").at("items").as_array().back();
    say(conversation + "/messages/" + text_at(answer, "id") + "/regenerate", "");
    const Json anew = visit("GET", conversation + "/messages").at("items").at(1);
    EXPECT_EQ(integer_at(anew, "versions"), 1);
    visit("GET", conversation + "/messages/" + text_at(anew, "id") + "/versions/1");

    const Json hanging = visit("POST", conversation + "/messages", R"({"text":"hang"})");
    const std::string queued = text_at(visit("POST", conversation + "/messages", R"({"text":"and?"})").at("message"), "id");
    visit("DELETE", conversation + "/messages/" + queued);
    visit("POST", "/api/runs/" + text_at(hanging.at("run"), "id") + "/cancel");
    for (const std::string& path : {"/api/runs"s, "/api/conversations"s, conversation, conversation + "/export", conversation + "/export?format=markdown"})
      visit("GET", path);
    visit("PATCH", conversation, R"({"title":"b","model":null})");
    visit("DELETE", conversation);
  }
};

TEST_F(Tour, EveryRouteAnswersAsItIsDescribed) {
  zo.model.when("count").calls("shell", {{"command", "seq 1 100000"}}).then_says("Counted.");
  zo.model.when("hang").hangs();
  in_the_house();
  among_files();
  in_other_dialects();
  about_automations();
  about_mail();
  about_jobs();
  asked();
  in_a_conversation();
  std::set<std::string> all;
  for (const Route& route : routes()) all.insert(fmt::format("{} {}", route.method, route.pattern));
  EXPECT_EQ(visited, all) << "a route that is not visited";
}

}  // namespace
}  // namespace zo
