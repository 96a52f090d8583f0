#include "api/api_test.h"

#include <boost/json.hpp>
#include <fstream>

#include "api/route.h"
#include "api/shapes_test.h"
#include "base/text.h"
#include "testing/temp_folder.h"

namespace zo {

std::string Reply::header(std::string_view name) const {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return "";
}

std::string ApiTest::listen() {
  if (!server.listen_tcp("127.0.0.1:0")) throw std::runtime_error("cannot listen");
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  api.set_address(url);
  return url;
}

std::string ApiTest::make_token(TokenScope scope, std::optional<std::string> tools, std::string models) {
  TokenWish wish{"test", scope, {}, *choose_models(models)};
  if (tools) wish.tools = *zo->tools.choose(*tools);
  return zo.wait(zo->accounts.create_token(owner_at_machine(zo.owner()), std::move(wish)))->secret;
}

Reply ApiTest::send(std::string method, std::string path, std::string body, std::vector<Header> headers, std::optional<std::string> with) {
  HttpAsk ask{.method = method, .url = address + path, .headers = std::move(headers), .body = body};
  const std::string& secret = with ? *with : token;
  if (!secret.empty()) ask.headers.push_back({"authorization", "Bearer " + secret});
  const Reply reply = zo.wait(exchange(zo->http, std::move(ask), path.starts_with("/api/events") ? Read::Beginning : Read::Whole));
  expect_as_described({method, path, body, reply.status, reply.header("content-type"), reply.body});
  return reply;
}

Task<Reply> ApiTest::exchange(HttpClient& http, HttpAsk ask, Read read) {
  ask.errand.purpose = Purpose::Own;
  Result<HttpAnswer> answer = co_await http.send(std::move(ask));
  if (!answer) co_return Reply{0, answer.error().message, {}};
  Task<Result<std::string>> reading = read == Read::Whole || answer->status != 200 ? answer->rest() : answer->next();
  const Result<std::string> body = co_await std::move(reading);
  co_return Reply{answer->status, body ? *body : body.error().message, answer->headers};
}

namespace {

// The pattern with an id of nothing for each placeholder.
std::string path_somewhere(const Route& route) {
  std::string path(route.pattern);
  for (std::size_t at = path.find('{'); at != path.npos; at = path.find('{')) path.replace(at, path.find('}') - at + 1, "01J00000000000000000000000");
  return path;
}

// The matrix: every route of the table, so a new route is covered on the day it is written.
TEST_F(ApiTest, EveryRouteThatNeedsATokenRefusesAllWhoHaveNone) {
  for (const Route& route : routes()) {
    if (route.guard == Guard::Open) continue;
    const std::string path = path_somewhere(route);
    const std::string method(route.method);
    EXPECT_EQ(send(method, path, "", {}, "").status, 401) << method << path;
    EXPECT_EQ(send(method, path, "", {}, "zo_sk_wrong").status, 401) << method << path;
    EXPECT_EQ(send(method, path, "", {{"host", "evil.example"}}).status, 421) << method << path;
    EXPECT_EQ(send(method, path, "", {{"sec-fetch-site", "cross-site"}}).status, 403) << method << path;
    EXPECT_EQ(send(method, path, "", {{"sec-fetch-site", "same-site"}}).status, 403) << method << path;
    EXPECT_EQ(send(method, path, "", {{"origin", "http://127.0.0.1:1"}}).status, 403) << method << path;
    EXPECT_EQ(send(method, path, "", {{"cookie", "session=" + token}}, "").status, 401) << method << path;
  }
}

TEST_F(ApiTest, AScopeOpensWhatTheTableSays) {
  for (const TokenScope scope : {TokenScope::Read, TokenScope::Chat, TokenScope::All}) {
    const std::string with = make_token(scope);
    for (const Route& route : routes()) {
      if (route.guard == Guard::Open) continue;
      const Reply reply = send(std::string(route.method), path_somewhere(route), "{}", {}, with);
      const bool kept_out = reply.status == 403 && reply.body.find("has the scope") != std::string::npos;
      EXPECT_EQ(kept_out, scope < route.scope) << scope_name(scope) << " " << route.method << " " << route.pattern << ": " << reply.body;
    }
  }
}

TEST_F(ApiTest, WhoComesBackAfterTheLastEventIsToldHowTheRunEnded) {
  zo.model.says("Hello.");
  const Told told = zo.ask("Hi");
  const Reply reply = send("GET", fmt::format("/api/runs/{}/events?after={}", told.run.id.text(), told.run.last_event));
  EXPECT_NE(reply.body.find("event: end\ndata: {\"reason\":\"done\"}"), std::string::npos) << reply.body;
}

TEST_F(ApiTest, HealthSaysOnlyThatItIsWell) {
  const Reply reply = send("GET", "/api/health", "", {}, "");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"status":"ok"})");
}

TEST_F(ApiTest, AskAnswersAsTheSketchExpects) {
  zo.model.says("Four.");
  const Reply reply = send("POST", "/zo/ask", R"({"input":"2+2?","model_name":"vercel:minimax/minimax-m2.7"})", {{"authorization", token}}, "");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(string_at(json(reply), "output"), "Four.");
  EXPECT_TRUE(string_at(json(reply), "conversation_id"));
}

TEST_F(ApiTest, AskStreamsTheThreeEventsOfTheContract) {
  zo.model.calls("list_files", {}).then_says("Nothing there.").in_chunks(4);
  const Reply reply = send("POST", "/zo/ask", R"({"input":"look","stream":true})");
  EXPECT_NE(reply.body.find("event: FrontendModelResponse\ndata: {\"content\":\"Noth\"}"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find("event: tool_finished\n"), std::string::npos);
  EXPECT_TRUE(reply.body.ends_with("event: End\ndata: {}\n\n")) << reply.body;
}

TEST_F(ApiTest, AskGivesAnObjectWhenAFormatIsWanted) {
  zo.model.says(R"({"n": 4})");
  const Reply reply = send("POST", "/zo/ask",
                           R"({"input":"2+2?","output_format":{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}})");
  EXPECT_EQ(find(*find(json(reply), "output"), "n")->to_number<int>(), 4) << reply.body;
}

TEST_F(ApiTest, AskRefusesInTheShapeOfTheContract) {
  for (const char* body : {"{}", R"({"input":1})", R"({"input":"x","persona_id":"p"})", R"({"input":"x","model_name":"nope/nope"})",
                           R"({"input":"x","memory_mode":"maybe"})", "{", "[]"}) {
    const Reply reply = send("POST", "/zo/ask", body);
    EXPECT_EQ(reply.status, 422) << body << reply.body;
    EXPECT_NE(array_at(json(reply), "detail"), nullptr) << body;
  }
  EXPECT_EQ(zo.model.seen().size(), 0u);
}

TEST_F(ApiTest, AskFailsWithTheStatusOfWhatWentWrong) {
  zo.model.fails(401, R"({"error":{"message":"bad key"}})");
  const Reply reply = send("POST", "/zo/ask", R"({"input":"hi"})");
  EXPECT_EQ(reply.status, 403);
  EXPECT_NE(string_at(json(reply), "error")->find("401"), std::string_view::npos) << reply.body;
}

TEST_F(ApiTest, TooManyRequestsOfAProviderStaySoAndAreToldAtOnce) {
  zo.model.fails(429, R"({"error":{"message":"slow down"}})", {{"Retry-After", "60"}});
  const Reply reply = send("POST", "/v1/chat/completions", R"({"model":"openai/scripted","messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(reply.status, 429) << reply.body;
}

TEST_F(ApiTest, WhatAProviderSentBesideItsTextComesBackThroughTheClient) {
  zo.model.sends(R"(data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm","content":"Hello"},"finish_reason":"stop"}]})" "\n\ndata: [DONE]\n\n");
  const Json reply = json(send("POST", "/v1/chat/completions", R"({"model":"openai/scripted","messages":[{"role":"user","content":"hi"}]})"));
  const Json& message = reply.at("choices").at(0).at("message");
  ASSERT_EQ(message.at("reasoning_details").as_array().size(), 1U);
  for (const char* field : {"reasoning_details", "reasoning_content"}) {
    zo.model.says("ok");
    const Json turn = JsonObject{{"role", "assistant"}, {"content", "Hello"}, {field, message.at(field)}};
    const JsonObject body{{"model", "openai/scripted"}, {"messages", JsonArray{JsonObject{{"role", "user"}, {"content", "hi"}}, turn, JsonObject{{"role", "user"}, {"content", "and?"}}}}};
    EXPECT_EQ(send("POST", "/v1/chat/completions", to_text(body)).status, 200);
    EXPECT_EQ(zo.model.seen().back().body.at("messages").at(1).at("reasoning_content"), "hm") << field;
  }
}

TEST_F(ApiTest, ChatCompletionsRunsTheAgentWithRealUsage) {
  zo.model.says("Hello.");
  const Json reply = json(send("POST", "/v1/chat/completions", R"({"model":"zo","messages":[{"role":"user","content":"hi"}]})"));
  EXPECT_EQ(reply.at("choices").at(0).at("message").at("content"), "Hello.");
  EXPECT_EQ(reply.at("choices").at(0).at("finish_reason"), "stop");
  EXPECT_GT(reply.at("usage").at("prompt_tokens").to_number<int>(), 0);
}

TEST_F(ApiTest, ChatCompletionsSaysThatAnAnswerWasCut) {
  const std::string cut =
      R"(data: {"choices":[{"index":0,"delta":{"content":"Once upon"},"finish_reason":"length"}]})" "\n\ndata: [DONE]\n\n";
  zo.model.sends(cut).sends(cut);
  const char* whole = R"({"model":"zo","messages":[{"role":"user","content":"hi"}]})";
  EXPECT_EQ(json(send("POST", "/v1/chat/completions", whole)).at("choices").at(0).at("finish_reason"), "length");
  const char* streamed = R"({"model":"zo","stream":true,"temperature":0.7,"messages":[{"role":"user","content":"hi"}]})";
  EXPECT_NE(send("POST", "/v1/chat/completions", streamed).body.find(R"("finish_reason":"length")"), std::string::npos);
  EXPECT_EQ(send("POST", "/v1/chat/completions", R"({"model":"zo","stream":"true","messages":[{"role":"user","content":"hi"}]})").status, 400);
}

TEST_F(ApiTest, ARunThatEndedBadlyIsNotOneThatClientsRepeat) {
  zo.model.fails(402);
  const Reply reply = send("POST", "/v1/chat/completions", R"({"model":"zo","messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(reply.status, 429) << reply.body;
  EXPECT_EQ(reply.header("x-should-retry"), "false");
  EXPECT_EQ(reply.header("retry-after"), "");
}

TEST_F(ApiTest, ChatCompletionsKeepsANamedConversation) {
  zo.model.says("one").then_says("two");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(send("POST", "/v1/chat/completions", R"({"model":"zo","messages":[{"role":"user","content":"hi"}]})", {{"x-chat-id", "my-chat"}}).status, 200);
  EXPECT_EQ(zo.model.seen().at(1).body.at("messages").as_array().size(), 4u);
}

TEST_F(ApiTest, ABareModelGetsTheClientsOwnTools) {
  zo.model.calls("my_tool", {{"x", 1}});
  const Json reply = json(send("POST", "/v1/chat/completions",
                               R"({"model":"openai/any","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"my_tool","parameters":{"type":"object"}}}]})"));
  EXPECT_EQ(reply.at("choices").at(0).at("finish_reason"), "tool_calls");
  EXPECT_EQ(reply.at("choices").at(0).at("message").at("tool_calls").at(0).at("function").at("name"), "my_tool");
  EXPECT_EQ(send("POST", "/v1/chat/completions", R"({"model":"zo","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"t"}}]})").status, 400);
}

TEST_F(ApiTest, AnEditMayNotBeLargerThanAMessage) {
  zo.model.says("one");
  const Told told = zo.ask("first");
  const std::string edit = fmt::format("/api/conversations/{}/messages/{}/edit", told.conversation.text(), told.messages[0].id.text());
  const Reply reply = send("POST", edit, R"({"text":")" + std::string(limits::kInputBytes + 1, 'x') + "\"}");
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find("limit 1 MB"), std::string::npos) << reply.body.substr(0, 200);
}

TEST_F(ApiTest, WhatModelsAreToldOfTheToolsIsAsItWas) {
  const std::string golden = read_whole_file(std::string(ZO_SOURCE_DIR) + "/tests/golden/tools.json");
  const std::string told = to_text(json(send("GET", "/api/tools")).at("items")) + "\n";
  if (::getenv("ZO_UPDATE_GOLDEN") != nullptr) std::ofstream(std::string(ZO_SOURCE_DIR) + "/tests/golden/tools.json") << told;
  else EXPECT_EQ(told, golden);
}

TEST_F(ApiTest, ATokensToolsAreATextOrAList) {
  EXPECT_EQ(json(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","tools":["shell","read_file"]})")).at("tools"), "shell,read_file");
  EXPECT_EQ(json(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","tools":"shell"})")).at("tools"), "shell");
  EXPECT_EQ(json(send("POST", "/api/tokens", R"({"name":"a","scope":"all","tools":[]})")).at("tools"), "all");
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","tools":["no_such"]})").status, 422);
}

TEST_F(ApiTest, AChatTokenHasNoTools) {
  zo.model.calls("shell", {{"command", "id"}}).then_says("ok");
  const Reply reply = send("POST", "/zo/ask", R"({"input":"hi"})", {}, make_token(TokenScope::Chat));
  EXPECT_EQ(string_at(json(reply), "output"), "ok") << reply.body;
  EXPECT_FALSE(zo.model.seen().at(0).body.as_object().contains("tools"));
}

TEST_F(ApiTest, ASetupLinkGivesASessionOnce) {
  const std::string url = *zo.wait(api.make_setup_url(owner_at_machine(zo.owner())));
  const std::string body = R"({"secret":")" + url.substr(url.find('#') + 1) + "\"}";
  const Reply first = send("POST", "/api/setup", body, {{"idempotency-key", "k"}}, "");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(send("GET", "/api/computer", "", {}, std::string(*string_at(json(first), "session"))).status, 200);
  EXPECT_EQ(send("POST", "/api/setup", body, {}, "").status, 403);
}

TEST_F(ApiTest, ATokenIsMarkedForWhoeverUsesIt) {
  const std::string own = make_token(TokenScope::All);
  int current = 0;
  for (const Json& each : json(send("GET", "/api/tokens", "", {}, own)).at("items").as_array()) {
    if (!bool_at(each, "current").value_or(false)) continue;
    current += 1;
    ASSERT_EQ(send("DELETE", "/api/tokens/" + text_at(each, "id")).status, 204);
  }
  EXPECT_EQ(current, 1);
  EXPECT_EQ(send("GET", "/api/tokens", "", {}, own).status, 401);
}

TEST_F(ApiTest, ASearchNamesTheNewestMessageThatHoldsTheWords) {
  zo.model.says("A heron stands.").then_says("No bird.").then_says("Nothing.");
  const Told told = zo.ask("What is that?");
  const Told more = zo.ask("And that?", told.conversation);
  const Json found = json(send("GET", "/api/conversations?search=HERON")).at("items").at(0);
  EXPECT_EQ(text_at(found, "match_message_id"), told.messages.at(1).id.text());
  const Json titled = json(send("GET", "/api/conversations?search=what%20is")).at("items").at(0);
  EXPECT_EQ(text_at(titled, "match_message_id"), told.messages.at(0).id.text());
  EXPECT_FALSE(json(send("GET", "/api/conversations")).at("items").at(0).as_object().contains("match_message_id"));
}

TEST_F(ApiTest, WhatAnEditReplacedCanStillBeRead) {
  zo.model.says("one").then_says("two").then_says("three").then_says("four");
  const Told told = zo.ask("first");
  zo.ask("second", told.conversation);
  const std::string messages = fmt::format("/api/conversations/{}/messages", told.conversation.text());
  const auto items = [&](const std::string& path) { return json(send("GET", path)).at("items").as_array(); };
  const auto finish = [&](const Reply& started) { send("GET", fmt::format("/api/runs/{}/events", text_at(json(started).at("run"), "id"))); };
  const Reply edited = send("POST", fmt::format("{}/{}/edit", messages, told.messages.at(0).id.text()), R"({"text":"mended"})");
  EXPECT_EQ(integer_at(json(edited).at("run"), "replaces_from"), 1);
  finish(edited);
  finish(send("POST", fmt::format("{}/{}/regenerate", messages, text_at(items(messages).back(), "id"))));

  const JsonArray now = items(messages);
  ASSERT_EQ(now.size(), 2U);
  EXPECT_EQ(integer_at(now.at(0), "versions"), 1);
  EXPECT_EQ(integer_at(now.at(1), "versions"), 1);
  EXPECT_EQ(text_at(now.at(1), "text"), "four");
  std::string before;
  for (const Json& one : items(fmt::format("{}/{}/versions/1", messages, text_at(now.at(0), "id")))) before += text_at(one, "text") + " ";
  EXPECT_EQ(before, "first one second two ");
  const std::string answers = fmt::format("{}/{}/versions/", messages, text_at(now.at(1), "id"));
  EXPECT_EQ(text_at(items(answers + "1").at(0), "text"), "three");
  EXPECT_EQ(text_at(items(answers + "1").at(0), "state"), "superseded");
  EXPECT_EQ(send("GET", answers + "2").status, 404);
  EXPECT_EQ(send("GET", answers + "x").status, 422);
  const Json first = json(send("GET", fmt::format("{}/{}/versions/1?limit=3", messages, text_at(now.at(0), "id"))));
  EXPECT_EQ(first.at("items").as_array().size(), 3U);
  EXPECT_EQ(text_at(first, "next"), "3");
}

TEST_F(ApiTest, ATokenEndsItself) {
  const std::string own = make_token(TokenScope::All);
  EXPECT_EQ(send("DELETE", "/api/tokens/current", "", {}, own).status, 204);
  EXPECT_EQ(send("GET", "/api/tokens", "", {}, own).status, 401);
  EXPECT_EQ(send("GET", "/api/tokens").status, 200);
}

TEST_F(ApiTest, FilesGoOutOnlyAsAttachments) {
  ASSERT_EQ(send("PUT", "/api/files/content?path=a.html", "<script>alert(1)</script>").status, 201);
  const Reply reply = send("GET", "/api/files/content?path=a.html");
  EXPECT_EQ(reply.body, "<script>alert(1)</script>");
  std::string all;
  for (const Header& header : reply.headers) all += header.name + ": " + header.value + "\n";
  EXPECT_NE(all.find("ttachment"), std::string::npos) << all;
  EXPECT_NE(all.find("sandbox"), std::string::npos) << all;
  EXPECT_EQ(send("GET", "/api/files/content?path=../../etc/passwd").status, 422);
  const Reply link = send("POST", "/api/files/links", R"({"path":"a.html"})");
  const std::string url(*string_at(json(link), "url"));
  EXPECT_EQ(send("GET", url, "", {}, "").status, 200);
  EXPECT_EQ(send("GET", url + "0", "", {}, "").status, 403);
}

TEST_F(ApiTest, ALinkOpensTheFileThatItWasMadeFor) {
  ASSERT_EQ(send("PUT", "/api/files/content?path=notes.txt", "private").status, 201);
  ASSERT_EQ(send("PUT", "/api/files/content?path=zz%0Anotes.txt", "shared").status, 201);
  const std::string url(*string_at(json(send("POST", "/api/files/links", R"({"path":"zz\nnotes.txt"})")), "url"));
  EXPECT_EQ(send("GET", url, "", {}, "").body, "shared");
  const std::vector<std::string_view> parts = split(url, '.');
  const std::string moved = fmt::format("{}%0Azz.{}.{}.{}", parts[0], parts[1], parts[2], to_hex("notes.txt"));
  EXPECT_EQ(send("GET", moved, "", {}, "").status, 403);
  EXPECT_EQ(send("GET", fmt::format("{}x.{}.{}.{}", parts[0], parts[1], parts[2], parts[3]), "", {}, "").status, 403);
  EXPECT_EQ(send("GET", fmt::format("{}..{}.{}", parts[0], parts[2], parts[3]), "", {}, "").status, 403) << "of nobody's";
}

TEST_F(ApiTest, ALinkEndsWithTheTokenThatMadeIt) {
  ASSERT_EQ(send("PUT", "/api/files/content?path=notes.txt", "private").status, 201);
  const Json made = json(send("POST", "/api/tokens", R"({"name":"reader","scope":"read"})"));
  const std::string secret(*string_at(made, "token"));
  const std::string url(*string_at(json(send("POST", "/api/files/links", R"({"path":"notes.txt"})", {}, secret)), "url"));
  EXPECT_EQ(send("GET", url, "", {}, "").status, 200);
  ASSERT_EQ(send("DELETE", "/api/tokens/" + std::string(*string_at(made, "id"))).status, 204);
  EXPECT_EQ(send("GET", url, "", {}, "").status, 403);
}

TEST_F(ApiTest, AnUploadKeepsWhatIsThere) {
  EXPECT_EQ(json(send("PUT", "/api/files/content?path=n.txt", "1")).at("path"), "n.txt");
  EXPECT_EQ(json(send("PUT", "/api/files/content?path=n.txt", "2")).at("path"), "n-2.txt");
}

TEST_F(ApiTest, ATokenForTalkAttachesFilesIfItsToolsReadThem) {
  zo.model.when("look").says("Seen.");
  const std::string reads = make_token(TokenScope::Chat, "read_file");
  const std::string talks = make_token(TokenScope::Chat, "list_files");
  ASSERT_EQ(send("PUT", "/api/files/content?path=here.txt", "x").status, 201);
  const std::string path = "/api/conversations/" + text_at(json(send("POST", "/api/conversations", "{}")), "id") + "/messages";
  const std::string message = R"({"text":"look","files":["here.txt"]})";
  for (const auto& [with, uploads, says] : {std::tuple{reads, 201, 202}, {make_token(TokenScope::Chat, "all"), 201, 202}, {talks, 403, 403}, {make_token(TokenScope::Chat), 403, 403}}) {
    const Reply uploaded = send("PUT", "/api/files/content?path=new.txt", "x", {}, with);
    const Reply said = send("POST", path, message, {}, with);
    EXPECT_EQ(uploaded.status, uploads) << uploaded.body;
    EXPECT_EQ(said.status, says) << said.body;
    if (says == 403) EXPECT_NE(said.body.find("may not attach files: its tools do not read any"), std::string::npos) << said.body;
  }
  EXPECT_EQ(send("POST", path, R"({"text":"look"})", {}, talks).status, 202) << "it may talk";
  for (const char* place : {"here.txt&replace=true", ".envrc", ".git%2Fhooks%2Fpost-checkout", "d%2Fa.txt", "..%2Fa.txt", "%2Fetc%2Fa.txt"})
    EXPECT_EQ(send("PUT", fmt::format("/api/files/content?path={}", place), "x", {}, reads).status, 403) << place;
  EXPECT_EQ(send("DELETE", "/api/files/content?path=here.txt", "", {}, reads).status, 403);
}

TEST_F(ApiTest, TheFilesOfAMessageAreFewAndThere) {
  zo.model.says("Seen.");
  const std::string made = send("POST", "/api/conversations", "{}").body;
  const std::string path = "/api/conversations/" + std::string(*string_at(*parse_json(made, ""), "id")) + "/messages";
  const auto refusal = [&](const std::string& files) {
    const Reply reply = send("POST", path, R"({"text":"look","files":)" + files + "}");
    EXPECT_EQ(reply.status, 422) << reply.body;
    return std::string(string_at(*find(json(reply), "error"), "message").value_or(""));
  };
  EXPECT_EQ(refusal(R"(["none.txt"])"), "files: there is no 'none.txt' in the workspace");
  EXPECT_EQ(refusal(R"(["../x"])"), "files: '../x' is outside the workspace " + zo.workspace());
  EXPECT_EQ(refusal(R"(["."])"), "files: '.' is a folder");
  EXPECT_NE(refusal("[\"" + std::string(5'000, 'a') + "\"]").find("has 5000 bytes, limit 4095"), std::string::npos);
  std::string many = "[\"a\"";
  for (int i = 0; i < 32; ++i) many += ",\"a\"";
  EXPECT_EQ(refusal(many + "]"), "the message has 33 files, limit 32");
  send("PUT", "/api/files/content?path=d/notes.txt", "hello");
  const Reply taken = send("POST", path, R"({"text":"look","files":["./d/notes.txt"]})");
  EXPECT_EQ(taken.status, 202) << taken.body;
  EXPECT_NE(taken.body.find(R"("files":["d/notes.txt"])"), std::string::npos) << taken.body;
}

TEST_F(ApiTest, AFileIsRemovedAndNothingIsKeptForRepeating) {
  send("PUT", "/api/files/content?path=d/notes.txt", "hello");
  const std::vector<Header> key{{"idempotency-key", "k"}};
  EXPECT_EQ(send("DELETE", "/api/files/content?path=d", "", key).status, 409) << "there is something in it";
  EXPECT_EQ(send("DELETE", "/api/files/content?path=d/notes.txt", "", key).status, 204);
  EXPECT_EQ(send("DELETE", "/api/files/content?path=d/notes.txt", "", key).status, 404);
  EXPECT_EQ(send("DELETE", "/api/files/content?path=d", "", key).status, 204);
  EXPECT_EQ(send("DELETE", "/api/files/content", "", key).status, 422);
  auto kept = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM answers WHERE client_key = 'k'"); };
  EXPECT_EQ(*zo.wait(zo->store.read(kept)), 0);
}

TEST_F(ApiTest, TheOutputsOfARunCanBeFreed) {
  zo.model.calls("shell", {{"command", "seq 1 100000"}}).then_says("Counted.");
  const Told told = zo.ask("Count");
  const std::string run = "/api/runs/" + std::string(told.run.id.text());
  const std::string call = "/api/tool-calls/" + std::string(told.messages.at(1).tool_calls.at(0).id.text()) + "/output";
  EXPECT_EQ(send("GET", call).body.size(), 588'895u);
  EXPECT_EQ(send("DELETE", run + "/outputs").body, R"({"outputs":1,"freed_bytes":588895})");
  EXPECT_EQ(send("DELETE", run + "/outputs").body, R"({"outputs":0,"freed_bytes":0})");
  const std::string rest = send("GET", call).body;
  EXPECT_LE(rest.size(), limits::kOutputShown + 200);
  EXPECT_TRUE(rest.starts_with("1\n2\n")) << rest.substr(0, 100);
  EXPECT_EQ(send("DELETE", "/api/runs/01J00000000000000000000000/outputs").status, 404);
}

TEST_F(ApiTest, ARunTellsWhatItLeftForTheOwnersTools) {
  zo.model.calls("write_file", {{"path", "made/.envrc"}, {"content", "export A=1\n"}}).then_says("Made.");
  const std::string run = "/api/runs/" + zo.ask("Let direnv set A").run.id.string();
  EXPECT_EQ(to_text(json(send("GET", run)).at("left")),
            R"([{"path":"made/.envrc","diff":"--- made/.envrc\n+++ made/.envrc\n@@ -0,0 +1,1 @@\n+export A=1\n","removed":false}])");
  zo.model.says("Hello.");
  EXPECT_FALSE(json(send("GET", "/api/runs/" + zo.ask("Hi").run.id.string())).get_object().contains("left"));
}

TEST_F(ApiTest, UnknownPathsAndMethodsAreSaid) {
  EXPECT_EQ(send("GET", "/api/nothing").status, 404);
  EXPECT_EQ(send("DELETE", "/api/health").status, 405);
  EXPECT_EQ(send("GET", "/api/runs/nope").status, 404);
  EXPECT_EQ(send("GET", "/api/runs?limit=9999").status, 422);
}

// One request beside others, and what came of it.
Task<void> keep(Task<Reply> exchange, std::optional<Reply>& reply) { reply = co_await std::move(exchange); }

TEST_F(ApiTest, AStreamEndsWithItsToken) {
  zo.model.when("go on").says("On and on").in_chunks(2).hangs_after(2);
  const Started hanging = zo.start("go on");
  const std::string made = send("POST", "/api/tokens", R"({"name":"reader","scope":"chat"})").body;
  const Json reader = *parse_json(made, "a token");
  const Header bearer{"authorization", std::string(*string_at(reader, "token"))};
  std::array<std::optional<Reply>, 4> replies;
  std::vector<HttpAsk> asks{{.method = "GET", .url = address + "/api/runs/" + hanging.run.id.string() + "/events", .headers = {bearer}},
                            {.method = "POST", .url = address + "/zo/ask", .headers = {bearer}, .body = R"({"input":"go on","stream":true})"},
                            {.method = "POST", .url = address + "/v1/chat/completions", .headers = {bearer},
                             .body = R"({"model":"openai/scripted","stream":true,"messages":[{"role":"user","content":"go on"}]})"},
                            {.method = "GET", .url = address + "/api/events", .headers = {bearer}}};
  Scope scope(zo.io.get_executor());
  for (std::size_t i = 0; i < asks.size(); ++i) scope.spawn("stream", keep(exchange(zo->http, std::move(asks[i])), replies[i]));
  ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() == 3; }));
  EXPECT_EQ(send("DELETE", "/api/tokens/" + std::string(*string_at(reader, "id")) + "?runs=perhaps").status, 422);
  EXPECT_EQ(send("DELETE", "/api/tokens/" + std::string(*string_at(reader, "id"))).status, 204);
  zo.wait(scope.wait());
  for (const std::optional<Reply>& reply : replies) EXPECT_EQ(reply->body.find("data: [DONE]"), std::string::npos) << reply->body;
  EXPECT_EQ(send("GET", "/api/runs", "", {}, bearer.value).status, 401);
  EXPECT_EQ(zo->agents.working(), 2u) << "runs go on unless they are to stop";
  EXPECT_EQ(send("DELETE", "/api/tokens/" + std::string(*string_at(reader, "id")) + "?runs=stop").status, 204) << "that can be said later, too";
  EXPECT_EQ(zo->agents.working(), 1u);
}

TEST_F(ApiTest, ARevocationStopsTheRunsAndTheirSubAgentsIfAsked) {
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"wait 1", "wait 2"}}});
  zo.model.when("wait").hangs();
  const Json made = json(send("POST", "/api/tokens", R"({"name":"bot","scope":"chat","tools":"spawn_agents"})"));
  const std::string bot(*string_at(made, "token"));
  const std::string conversation(*string_at(json(send("POST", "/api/conversations", "{}", {}, bot)), "id"));
  const Reply started = send("POST", "/api/conversations/" + conversation + "/messages", R"({"text":"fan out"})", {}, bot);
  ASSERT_EQ(started.status, 202) << started.body;
  const Started others = zo.start("wait");
  ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() == 4; }));
  EXPECT_EQ(zo->agents.working(), 4u);
  EXPECT_EQ(send("DELETE", "/api/tokens/" + std::string(*string_at(made, "id")) + "?runs=stop").status, 204);
  EXPECT_EQ(zo->agents.working(), 1u);
  EXPECT_EQ(json(send("GET", "/api/runs/" + std::string(json(started).at("run").at("id").as_string()))).at("state"), "cancelled");
  EXPECT_EQ(json(send("GET", "/api/runs/" + others.run.id.string())).at("state"), "running");
}

TEST_F(ApiTest, ATokenNamesNoModelThatTheOwnerDidNotChoose) {
  const std::string refusal = "this token may not use 'openai/any'";
  const std::string chat = make_token(TokenScope::Chat);
  const std::string owners = "/api/conversations/" + std::string(*string_at(json(send("POST", "/api/conversations", R"({"model":"openai/any"})")), "id"));
  const std::string plain = "/api/conversations/" + std::string(*string_at(json(send("POST", "/api/conversations", "{}")), "id"));
  const char* question = R"("messages":[{"role":"user","content":"hi"}])";
  for (const auto& [method, path, body] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"POST", "/zo/ask", R"({"input":"hi","model_name":"openai/any"})"},
           {"POST", "/v1/chat/completions", fmt::format(R"({{"model":"openai/any",{}}})", question)},
           {"POST", "/api/conversations", R"({"model":"openai/any"})"},
           {"PATCH", plain, R"({"model":"openai/any"})"},
           {"POST", plain + "/messages", R"({"text":"hi","model":"openai/any"})"},
           {"POST", owners + "/messages", R"({"text":"hi"})"}}) {
    const Reply reply = send(method, path, body, {}, chat);
    EXPECT_EQ(reply.status, 403) << path << body;
    EXPECT_NE(reply.body.find(refusal), std::string::npos) << path << reply.body;
  }
  EXPECT_EQ(zo.model.seen().size(), 0u);
  EXPECT_EQ(json(send("GET", plain)).at("model"), Json(nullptr));

  zo.model.always_says("hello");
  EXPECT_EQ(send("POST", "/v1/chat/completions", fmt::format(R"({{"model":"openai/scripted",{}}})", question), {}, chat).status, 200);
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"hi","model_name":"openai/scripted"})", {}, chat).status, 200) << "the owner's choice";
  const std::string wider = make_token(TokenScope::Chat, {}, "openai/any");
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"hi","model_name":"openai/any"})", {}, wider).status, 200);
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"hi"})", {}, wider).status, 200);
}

TEST_F(ApiTest, AMessageIsNotQueuedIntoARunOfAnotherModelThanItsTokenMayUse) {
  zo.model.when("go on").says("On and on").in_chunks(2).hangs_after(2);
  const std::string conversation = "/api/conversations/" + std::string(*string_at(json(send("POST", "/api/conversations", "{}")), "id")) + "/messages";
  ASSERT_EQ(send("POST", conversation, R"({"text":"go on","model":"openai/any"})").status, 202);
  EXPECT_EQ(send("POST", conversation, R"({"text":"hi"})", {}, make_token(TokenScope::Chat, "all")).status, 409);
  EXPECT_EQ(send("POST", conversation, R"({"text":"hi"})").status, 202);
}

TEST_F(ApiTest, WhichModelAnswersIsChosenByWhoMayNameAll) {
  EXPECT_EQ(send("PUT", "/api/models/current", R"({"name":"openai/any"})", {}, make_token(TokenScope::All)).status, 403);
  EXPECT_EQ(send("POST", "/api/models/test", R"({"name":"openai/any"})", {}, make_token(TokenScope::All)).status, 403);
  EXPECT_EQ(send("PUT", "/api/models/current", R"({"name":"openai/any"})").status, 200);
}

TEST_F(ApiTest, TheModelsOfATokenAreThoseThatItMayName) {
  const auto names = [&](const std::string& path, const char* list, const char* name, const std::string& with) {
    std::string all;
    for (const Json& item : json(send("GET", path, "", {}, with)).at(list).as_array()) all += std::string(*string_at(item, name)) + " ";
    return all;
  };
  const std::string read = make_token(TokenScope::Read);
  EXPECT_EQ(names("/v1/models", "data", "id", read), "zo openai/scripted ");
  EXPECT_EQ(names("/models/available", "models", "model_name", read), "openai/scripted ");
  EXPECT_NE(names("/v1/models", "data", "id", token).find("local/"), std::string::npos);
  EXPECT_EQ(send("GET", "/v1/models/openai/scripted", "", {}, read).status, 200);
  EXPECT_EQ(send("GET", "/v1/models/openai/any", "", {}, read).status, 403);
  EXPECT_EQ(send("GET", "/v1/models/openai/any").status, 200);
}

TEST_F(ApiTest, NoTokenMakesOneThatMayDoMore) {
  const std::string bare = make_token(TokenScope::All, "none");
  EXPECT_EQ(json(send("POST", "/api/tokens", R"({"name":"a","scope":"all"})", {}, bare)).at("tools"), "none");
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"all","tools":"all"})", {}, bare).status, 403);
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","tools":["shell"]})", {}, bare).status, 403);
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","models":"all"})", {}, bare).status, 403);
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","models":"nope/x"})").status, 422);
  EXPECT_EQ(json(send("POST", "/api/tokens", R"({"name":"a","scope":"chat","models":["openai/a","openai/b"]})")).at("models"), "openai/a,openai/b");

  EXPECT_EQ(send("POST", "/api/setup-links", "{}", {}, bare).status, 403) << "who sits before the page may do what no token may";
}

}  // namespace
}  // namespace zo
