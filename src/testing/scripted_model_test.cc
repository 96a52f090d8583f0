#include "testing/scripted_model.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "net/http_client.h"
#include "net/sse.h"
#include "testing/fake_clock.h"
#include "testing/run.h"

namespace zo {
namespace {

namespace json = boost::json;

struct ScriptedModelTest : testing::Test {
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  ScriptedModel model{io.get_executor(), clock};
  HttpClient client{io.get_executor(), nullptr};

  void TearDown() override { run(io, model.stop()); }

  static Task<std::string> whole(HttpClient& client, HttpAsk ask) {
    Result<HttpAnswer> answer = co_await client.send(std::move(ask));
    if (!answer) co_return answer.error().message;
    const Result<std::string> body = co_await answer->rest(200'000'000);
    co_return (answer->status == 200 ? "" : std::to_string(answer->status) + " ") + (body ? *body : "CUT");
  }
  std::string post(std::string path, const json::value& body, std::int64_t idle_ms = 10'000) {
    return run(io, whole(client, {.method = "POST", .url = model.url() + path, .body = json::serialize(body),
                                  .first_byte_ms = idle_ms, .idle_ms = idle_ms}));
  }
  static json::value asking(std::string_view text, bool stream = false) {
    return {{"model", "m"}, {"stream", stream}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  }
  // The member at `pointer` of each event, joined with '|'.
  static std::string stream(std::string_view bytes, std::string_view pointer) {
    SseParser parser;
    std::vector<SseEvent> events;
    EXPECT_TRUE(parser.feed(bytes, events));
    std::string out;
    for (const SseEvent& event : events) {
      if (event.data == "[DONE]") return out + "[DONE]";
      boost::system::error_code absent;
      const json::value parsed = json::parse(event.data);
      const json::value* found = parsed.find_pointer(pointer, absent);
      if (found != nullptr && found->is_string()) out += std::string(found->as_string()) + "|";
    }
    return out;
  }
};

constexpr std::string_view kChat = "/v1/chat/completions";
constexpr std::string_view kMessages = "/v1/messages";

TEST_F(ScriptedModelTest, SaysItsStepsInOrderAndThenOk) {
  model.says("one").calls("shell", {{"command", "date"}}).then_says("three");
  const auto ask = [this] { return json::parse(post(std::string(kChat), asking("hi"))).at("choices").at(0); };
  EXPECT_EQ(ask().at("message").at("content").as_string(), "one");
  const json::value call = ask();
  EXPECT_EQ(call.at("finish_reason").as_string(), "tool_calls");
  EXPECT_EQ(call.at_pointer("/message/tool_calls/0/function").as_object(),
            (json::object{{"name", "shell"}, {"arguments", R"({"command":"date"})"}}));
  EXPECT_EQ(ask().at("message").at("content").as_string(), "three");
  EXPECT_EQ(ask().at("message").at("content").as_string(), "ok");
  EXPECT_EQ(model.seen().size(), 4u);
  EXPECT_EQ(model.seen()[0].body.at("model").as_string(), "m");
  EXPECT_EQ(model.seen()[0].path, kChat);
}

TEST_F(ScriptedModelTest, StreamsChatCompletions) {
  model.says("hello").in_chunks(2).then_calls("shell", {{"command", "date"}}).and_calls("read_file", {{"path", "a"}}).in_chunks(9);
  EXPECT_EQ(stream(post(std::string(kChat), asking("hi", true)), "/choices/0/delta/content"), "|he|ll|o|[DONE]");
  const std::string calls = post(std::string(kChat), asking("hi", true));
  EXPECT_EQ(stream(calls, "/choices/0/delta/tool_calls/0/function/name"), "shell|read_file|[DONE]");
  EXPECT_EQ(stream(calls, "/choices/0/delta/tool_calls/0/function/arguments"), "|{\"command|\":\"date\"}||{\"path\":\"|a\"}|[DONE]");
  EXPECT_EQ(stream(calls, "/choices/0/finish_reason"), "tool_calls|[DONE]");
}

TEST_F(ScriptedModelTest, StreamsMessages) {
  model.says("hello").in_chunks(2).then_calls("shell", {{"command", "date"}});
  const std::string text = post(std::string(kMessages), asking("hi", true));
  EXPECT_EQ(stream(text, "/type"),
            "message_start|content_block_start|content_block_delta|content_block_delta|content_block_delta|content_block_stop|"
            "message_delta|message_stop|");
  EXPECT_EQ(stream(text, "/delta/text"), "he|ll|o|");
  const std::string call = post(std::string(kMessages), asking("hi", true));
  EXPECT_EQ(stream(call, "/content_block/name"), "shell|");
  EXPECT_EQ(stream(call, "/delta/partial_json"), "{\"command\":\"date\"}|");
  EXPECT_EQ(stream(call, "/delta/stop_reason"), "tool_use|");
}

TEST_F(ScriptedModelTest, FailsInEveryWay) {
  model.fails(503, "", {{"Retry-After", "1"}}).errs("overloaded").sends("data: {\"choi\n\n").sends_line(1'000'000);
  model.says("abcdef").in_chunks(1).cut_after(3).says("abcdef").in_chunks(1).hangs_after(3).hangs();
  const auto ask = [this] { return post(std::string(kChat), asking("hi", true), 100); };
  EXPECT_EQ(ask(), R"(503 {"error":{"type":"api_error","message":"the script says so","code":null}})");
  EXPECT_EQ(stream(ask(), "/error/message"), "overloaded|");
  EXPECT_EQ(ask(), "data: {\"choi\n\n");
  EXPECT_EQ(ask().size(), 1'000'008u);
  EXPECT_EQ(ask(), "CUT");
  EXPECT_EQ(ask(), "CUT");
  EXPECT_TRUE(ask().ends_with("did not begin to answer within 0.1 s"));
}

TEST_F(ScriptedModelTest, HoldsAnAnswerUntilItIsReleased) {
  model.says("first").held().then_says("second");
  std::string heard;
  struct Asker {
    static Task<void> ask(HttpClient& client, HttpAsk question, std::string& heard) {
      const std::string body = co_await whole(client, std::move(question));
      heard = std::string(json::parse(body).at_pointer("/choices/0/message/content").as_string());
    }
  };
  Scope askers(io.get_executor());
  askers.spawn("asker", Asker::ask(client, {.method = "POST", .url = model.url() + std::string(kChat), .body = json::serialize(asking("hi"))}, heard));
  EXPECT_TRUE(run(io, eventually([this] { return model.seen().size() == 1; })));
  EXPECT_NE(post(std::string(kChat), asking("hi")).find("second"), std::string::npos) << "what is not held goes on";
  EXPECT_EQ(heard, "");
  model.release();
  run(io, askers.wait());
  EXPECT_EQ(heard, "first");
}

json::value said_and_called(std::string_view text) {
  json::value body = ScriptedModelTest::asking(text);
  json::array& messages = body.at("messages").as_array();
  messages.push_back({{"role", "assistant"}, {"content", ""}});
  messages.push_back({{"role", "tool"}, {"content", "abc123  notes.txt\n"}});
  return body;
}

TEST_F(ScriptedModelTest, RulesFollowTheConversationAndNotTheClock) {
  ASSERT_TRUE(model.load(R"([
    {"when":"sha256","chunk_bytes":3,"steps":[{"call":{"name":"shell","arguments":{"command":"sha256sum notes.txt"}}},
                                              {"say":"It is {tool}."}]},
    {"when":"busy","steps":[{"fail":{"status":429,"body":"slow down"},"times":1},{"say":"done"}]},
    {"steps":[{"say":"first turn"}]},
    {"steps":[{"say":"second turn"}]}])"));
  const auto ask = [this](const json::value& body) {
    const std::string reply = post(std::string(kChat), body);
    return reply.starts_with('{') ? std::string(json::parse(reply).at_pointer("/choices/0/message/content").as_string()) : reply;
  };
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(ask(asking("what is the sha256?")), "");
    EXPECT_EQ(ask(said_and_called("what is the sha256?")), "It is abc123  notes.txt.");
  }
  EXPECT_EQ(ask(asking("busy?")), "429 slow down");
  EXPECT_EQ(ask(asking("busy?")), "done");
  EXPECT_EQ(ask(asking("hello")), "first turn");
  json::value second = asking("hello");
  second.at("messages").as_array().push_back({{"role", "user"}, {"content", "and now?"}});
  EXPECT_EQ(ask(second), "second turn");
}

TEST_F(ScriptedModelTest, ReadsToolResultsOfMessages) {
  model.when("sum").calls("shell", {}).then_says("It is {tool}");
  const json::value body = json::parse(R"({"model":"m","messages":[
    {"role":"user","content":[{"type":"text","text":"sum?"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"shell","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"42"}]}]}]})");
  EXPECT_EQ(json::parse(post(std::string(kMessages), body)).at_pointer("/content/0/text").as_string(), "It is 42");
}

TEST_F(ScriptedModelTest, SaysWhatIsWrongWithAScript) {
  EXPECT_EQ(model.load("{}").error().message, "the script is not an array of rules");
  EXPECT_EQ(model.load(R"([{"when":"a"}])").error().message, "a rule of the script has no steps");
  EXPECT_EQ(model.load(R"([{"steps":[{"sya":"a"}]}])").error().message, R"(a step of the script says nothing: {"sya":"a"})");
}

TEST_F(ScriptedModelTest, AnswersInstantlyInBothDialects) {
  model.always_says("It is noon.");
  EXPECT_EQ(stream(post(std::string(kChat), asking("hi", true)), "/choices/0/delta/content"), "|It is noon.|[DONE]");
  EXPECT_EQ(stream(post(std::string(kMessages), asking("hi", true)), "/delta/text"), "It is noon.|");
  EXPECT_EQ(json::parse(post(std::string(kChat), asking("hi"))).at_pointer("/usage/total_tokens").to_number<int>(), 13);
  EXPECT_TRUE(model.seen().empty());
}

}  // namespace
}  // namespace zo
