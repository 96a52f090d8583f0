#include "model/http_provider.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <numeric>

#include "async/scope.h"
#include "base/json.h"
#include "model/window.h"
#include "testing/dial_policies.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/scripted_model.h"

namespace zo {
namespace {

constexpr char kKey[] = "zo-secret-key-1";

const KnownProvider& known(std::string_view name) {
  return *std::ranges::find(known_providers(), name, &KnownProvider::name);
}

struct Remembered final : LearnedQuirks {
  std::map<std::string, LearnedFacts> facts;

  LearnedFacts learned(const PersonId&, const std::string& model) const override {
    const auto found = facts.find(model);
    return found != facts.end() ? found->second : LearnedFacts{};
  }
  Task<void> learn(PersonId, std::string model, LearnedFacts more) override {
    facts[model].merge(more);
    co_return;
  }
};

struct HttpProviderTest : testing::Test {
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  HttpClient http{io.get_executor(), nullptr};
  ScriptedModel model{io.get_executor(), clock};
  SeededDice dice{1};
  KeySource keys{{{"OPENAI_API_KEY", kKey}, {"ANTHROPIC_API_KEY", kKey}}};

  Remembered learned;
  std::string text;                  // what the reader has seen
  std::vector<std::string> notices;  // what it was told beside the answer
  std::vector<std::int64_t> waits;

  void TearDown() override { run(io, model.stop()); }

  HttpProvider provider(std::string_view name, std::string base, std::int64_t first_byte_ms = 20'000) {
    return {clock, dice, http, keys, learned, {.known = known(name), .base = std::move(base), .base_given = true, .first_byte_ms = first_byte_ms}};
  }
  HttpProvider openai() { return provider("openai", model.url() + "/v1"); }
  HttpProvider anthropic() { return provider("anthropic", model.url() + "/v1"); }

  // Waits pass at once: the clock goes on as soon as the provider sleeps.
  OnDelta listener() {
    return [this](const Delta& delta) {
      if (const auto* d = std::get_if<delta::Text>(&delta)) text += d->text;
      if (const auto* d = std::get_if<delta::State>(&delta)) notices.push_back(d->text);
      if (const auto* d = std::get_if<delta::Retrying>(&delta)) {
        notices.push_back(d->reason);
        waits.push_back(d->in_ms);
        asio::post(io, [this, ms = d->in_ms] { clock.advance(ms); });
      }
    };
  }
  ModelRequest question() {
    ModelRequest request{.model = "gpt-x"};
    request.messages = {{.role = ModelMessage::Role::User, .text = "Hi"}};
    return request;
  }
  Result<ModelReply> ask(Provider& asked) { return run(io, asked.stream(question(), listener())); }
  Result<ModelReply> ask(HttpProvider&& asked) { return ask(static_cast<Provider&>(asked)); }
};

TEST_F(HttpProviderTest, StreamsAnAnswerInBothDialects) {
  model.says("Hello.").then_calls("shell", {{"command", "date"}});
  const auto said = ask(openai());
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->text, "Hello.");
  EXPECT_EQ(text, "Hello.");
  EXPECT_GT(said->usage.input_tokens, 0);
  const auto called = ask(anthropic());
  ASSERT_TRUE(called) << called.error().message;
  ASSERT_EQ(called->calls.size(), 1u);
  EXPECT_EQ(called->calls[0].arguments, R"({"command":"date"})");
  EXPECT_EQ(called->finish, Finish::ToolCalls);

  ASSERT_EQ(model.seen().size(), 2u);
  EXPECT_EQ(model.seen()[0].path, "/v1/chat/completions");
  EXPECT_EQ(model.seen()[0].header("authorization"), std::string("Bearer ") + kKey);
  EXPECT_EQ(model.seen()[1].path, "/v1/messages");
  EXPECT_EQ(model.seen()[1].header("x-api-key"), kKey);
  EXPECT_EQ(model.seen()[1].header("anthropic-version"), "2023-06-01");
}

TEST_F(HttpProviderTest, AsksAgainWhenTheServerIsOverloadedAndSaysSo) {
  model.fails(503, R"({"error":{"message":"busy"}})").fails(429, R"({"error":{"message":"wait"}})", {{"Retry-After", "2"}}).then_says("Now.");
  const auto reply = ask(openai());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->text, "Now.");
  EXPECT_EQ(notices, (std::vector<std::string>{"openai is overloaded (503): busy", "openai asks for slower requests (429): wait"}));
  ASSERT_EQ(waits.size(), 2u);
  EXPECT_TRUE(waits[0] >= 750 && waits[0] <= 1'000);
  EXPECT_EQ(waits[1], 2'000);
}

TEST_F(HttpProviderTest, AsksAgainForWhatIsHeldToAGrammarToo) {
  model.fails(503, R"({"error":{"message":"loading"}})").then_says("Now.");
  HttpProvider server = openai();
  ModelRequest held = question();
  held.grammar = "root ::= [a-z]+";
  held.keeps_prefix = true;
  const auto reply = run(io, server.stream(held, listener()));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->text, "Now.");
  EXPECT_EQ(waits.size(), 1u);
  EXPECT_EQ(model.seen().back().body.at("grammar"), "root ::= [a-z]+");
}

TEST_F(HttpProviderTest, KeepsTryingForFiveMinutesAndThenGivesUp) {
  for (int i = 0; i < 40; ++i) model.fails(529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  const auto reply = ask(openai());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::Unavailable);
  const std::int64_t waited = std::accumulate(waits.begin(), waits.end(), std::int64_t{0});
  EXPECT_TRUE(waited > kRetryAllMs - kRetryMostMs && waited <= kRetryAllMs) << waited;
  EXPECT_TRUE(std::ranges::all_of(waits, [](std::int64_t ms) { return ms <= kRetryMostMs; }));
  EXPECT_NE(reply.error().message.find(fmt::format("(asked {} times)", waits.size() + 1)), std::string::npos) << reply.error().message;
}

TEST_F(HttpProviderTest, WhoIsInAHurryIsToldAtOnce) {
  model.fails(429, R"({"error":{"message":"wait"}})", {{"Retry-After", "20"}});
  HttpProvider server = openai();
  ModelRequest hurried = question();
  hurried.patience_ms = 5'000;
  EXPECT_EQ(run(io, server.stream(hurried, listener())).error().code, Code::RateLimited);
  EXPECT_TRUE(waits.empty());
}

TEST_F(HttpProviderTest, WaitsAsLongAsTheBodyAsksFor) {
  model.fails(429, R"([{"error":{"code":429,"message":"… Please retry in 4.2s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"4s"}]}}])")
      .then_says("Now.");
  EXPECT_EQ(ask(openai())->text, "Now.");
  EXPECT_EQ(waits, std::vector<std::int64_t>{4'000});
}

TEST_F(HttpProviderTest, AsksAgainAtOnceWithoutWhatAModelCannotTakeAndTellsItOnce) {
  struct Case {
    int status;
    std::string_view body;
    std::string_view fact;
  };
  const Case cases[] = {
      {400, R"({"error": {"message": "registry.ollama.ai/library/gemma3:4b does not support tools", "type": "api_error"}})", "no tools"},
      {404, R"({"error": {"message": "No endpoints found that support tool use. To learn more, visit: https://x", "code": 404}})", "no tools"},
      {500, R"({"error":{"code":500,"message":"tools param requires --jinja flag"}})", "no tools"},
      {400, R"({"message":"System role not supported","type":"BadRequestError","code":400})", "no system role"},
      {400, R"({"error":{"message":"Conversation roles must alternate user/assistant/user/assistant/..."}})", "strict turns"},
      {400, R"({"error":{"message":"'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]"}})", "no kept fields"},
      {400, R"({"type":"error","error":{"message":"messages.1.content.0: Invalid `signature` in `thinking` block"}})", "no kept fields"},
      {400, R"({"error":{"message":"This model only supports single tool-calls at once!"}})", "single calls"},
      {400, R"({"error":{"message":"Invalid JSON payload received. Unknown name \"additionalProperties\" at 'tools[0]'"}})", "plain schemas"},
      {400, R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}})", "max_completion_tokens"},
      {400, R"({"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model."}})", "no sampling"},
  };
  for (const Case& c : cases) {
    learned.facts.clear();
    notices.clear();
    HttpProvider server = openai();
    model.fails(c.status, std::string(c.body)).then_says("a").then_says("b");
    const auto first = ask(server);
    ASSERT_TRUE(first) << c.body << first.error().message;
    EXPECT_EQ(first->text, "a");
    EXPECT_TRUE(waits.empty()) << c.body;
    EXPECT_TRUE(learned.facts["openai/gpt-x"].contains(c.fact)) << c.body << facts_to_text(learned.facts["openai/gpt-x"]);
    EXPECT_EQ(notices, std::vector<std::string>{"gpt-x " + fact_words(c.fact, 0)}) << c.body;
    EXPECT_EQ(ask(server)->text, "b");
    EXPECT_EQ(notices.size(), 1u) << "told once";
  }
}

TEST_F(HttpProviderTest, TooLongIsKnownInEveryWordingAndTheWindowIsLearned) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"prompt is too long: 214676 tokens > 200000 maximum", 200'000},
      {"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again", 200'000},
      {"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8'192},
      {"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1'048'576},
      {"Please reduce the length of the messages or completion.", 0},
      {"This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 131'072},
      {"the request exceeds the available context size (8192 tokens), try increasing it", 8'192},
      {"Requested tokens (9000) exceed context window of 8192", 8'192},
      {"The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input", 0},
  };
  for (const auto& [words, window] : cases) {
    learned.facts.clear();
    model.fails(400, to_text(JsonObject{{"error", JsonObject{{"message", words}}}}));
    HttpProvider server = openai();
    ModelRequest long_one = question();
    long_one.messages[0].text = std::string(6'000'000, 'x');
    const Error error = run(io, server.stream(long_one, listener())).error();
    EXPECT_EQ(error.code, Code::Exhausted) << words;
    EXPECT_NE(error.message.find("context too long"), std::string::npos) << words;
    EXPECT_EQ(learned.facts["openai/gpt-x"][std::string(kWindow)].value, window > 0 ? window : 1'800'000) << words;
  }
  EXPECT_FALSE(says_too_long("max_tokens is too large: 99999")) << "of the answer, not of the question";
}

TEST_F(HttpProviderTest, WhatNobodyCountedIsEstimatedAndSoMarked) {
  model.sends("data: {\"choices\":[{\"delta\":{\"content\":\"Hello there\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":-3}}\n\n");
  const auto reply = ask(openai());
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->usage.is_estimated);
  EXPECT_TRUE(reply->usage.input_tokens > 0 && reply->usage.output_tokens > 0);
}

TEST_F(HttpProviderTest, DoesNotAskAgainWhereThatCannotHelp) {
  model.fails(401, R"({"error":{"message":"bad key zo-secret-key-1"}})")
      .fails(429, R"({"error":{"code":"insufficient_quota","message":"pay"}})")
      .fails(429, "", {{"retry-after", "3600"}})
      .fails(500, "", {{"x-should-retry", "false"}});
  EXPECT_EQ(ask(anthropic()).error(), (Error{Code::Denied, "anthropic refused the key (401): bad key [key]",
                                              "set ANTHROPIC_API_KEY and start again"}));
  EXPECT_EQ(ask(openai()).error().message, "openai has no credit left (429): pay");
  EXPECT_NE(ask(openai()).error().message.find("it asks to wait 1 h"), std::string::npos);
  EXPECT_EQ(ask(openai()).error().code, Code::Unavailable);
  EXPECT_EQ(model.seen().size(), 4u);
  EXPECT_TRUE(waits.empty());
}

TEST_F(HttpProviderTest, WantsTheKeyOfEachQuestionAnewAndKeepsNone) {
  model.fails(503).then_says("a").then_says("b");
  HttpProvider server = openai();
  auto changes_the_key = [this, hear = listener()](const Delta& delta) {
    if (std::holds_alternative<delta::Retrying>(delta)) keys = KeySource({{"OPENAI_API_KEY", "another"}});
    hear(delta);
  };
  EXPECT_EQ(run(io, server.stream(question(), std::move(changes_the_key)))->text, "a");
  keys = KeySource({});
  EXPECT_EQ(ask(server)->text, "b");
  ASSERT_EQ(model.seen().size(), 3u);
  EXPECT_EQ(model.seen()[0].header("authorization"), std::string("Bearer ") + kKey);
  EXPECT_EQ(model.seen()[1].header("authorization"), "Bearer another");
  EXPECT_EQ(model.seen()[2].header("authorization"), "");
}

TEST_F(HttpProviderTest, NeverAsksAgainOnceAPieceWasShown) {
  model.says("One two three four").in_chunks(4).cut_after(3).then_says("never asked");
  const auto reply = ask(openai());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::Unavailable);
  EXPECT_NE(reply.error().message.find("openai/gpt-x stopped in the middle of its answer"), std::string::npos);
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(model.seen().size(), 1u);
}

TEST_F(HttpProviderTest, AsksAgainWhenTheStreamFailedBeforeAnythingWasShown) {
  model.sends("data: {\"error\":{\"message\":\"upstream died\",\"code\":502}}\n\n").sends(": nothing\n\n").then_says("Here.");
  const auto reply = ask(openai());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->text, "Here.");
  EXPECT_EQ(notices, (std::vector<std::string>{"openai failed (502): upstream died",
                                               "openai/gpt-x stopped in the middle of its answer (stream_truncated)"}));
}

TEST_F(HttpProviderTest, RefusesAnEndlessLine) {
  model.sends_line(5 * limits::MiB);
  EXPECT_EQ(ask(openai()).error(), (Error{Code::Exhausted, "openai/gpt-x sent a line longer than 4 MiB", ""}));
}

TEST_F(HttpProviderTest, NamesWhoSentWhatIsNoJson) {
  model.sends("data: {\"choices\": oops\n\n");
  const Error error = ask(openai()).error();
  EXPECT_EQ(error.code, Code::Corrupt);
  EXPECT_EQ(error.message, "openai/gpt-x sent what is not an answer: the event is not JSON: syntax error");
}

TEST_F(HttpProviderTest, LeavesOutWhatAServerDoesNotKnowAndRemembersIt) {
  model.fails(400, R"({"error":{"message":"Unrecognized request argument supplied: stream_options"}})").then_says("a").then_says("b");
  HttpProvider server = openai();
  EXPECT_EQ(ask(server)->text, "a");
  EXPECT_EQ(ask(server)->text, "b");
  ASSERT_EQ(model.seen().size(), 3u);
  EXPECT_NE(find(model.seen()[0].body, "stream_options"), nullptr);
  EXPECT_EQ(find(model.seen()[1].body, "stream_options"), nullptr);
  EXPECT_EQ(find(model.seen()[2].body, "stream_options"), nullptr);
}

TEST_F(HttpProviderTest, ReadsAWholeAnswerAndRefusesAWebPage) {
  RawListener listener(io.get_executor());
  HttpProvider server = provider("openai", "http://127.0.0.1:" + std::to_string(listener.port()) + "/v1");
  const auto exchange = [&](std::string type, std::string body) {
    Scope scope(io.get_executor());
    scope.spawn("listener", listener.answer_once("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " +
                                                 std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body));
    auto reply = ask(server);
    run(io, scope.stop());
    return reply;
  };
  EXPECT_EQ(exchange("application/json", R"({"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]})")->text, "Whole.");
  EXPECT_EQ(exchange("text/html; charset=utf-8", "<html>Sign in</html>").error(),
            (Error{Code::Corrupt, "openai/gpt-x sent what is not an answer: a web page", "check OPENAI_BASE_URL"}));
}

TEST_F(HttpProviderTest, NamesTheHostThatCannotBeReached) {
  const int port = RawListener(io.get_executor()).port();
  const Error error = ask(provider("openai", "http://127.0.0.1:" + std::to_string(port) + "/v1")).error();
  EXPECT_EQ(error.code, Code::Unavailable);
  EXPECT_EQ(error.message, "openai: cannot reach 127.0.0.1:" + std::to_string(port) + ": Connection refused (asked 3 times)");
  EXPECT_EQ(error.advice, "check the network and OPENAI_BASE_URL");
}

TEST_F(HttpProviderTest, EndsWhenTheServerNeverAnswers) {
  model.hangs();
  const Error error = ask(provider("openai", model.url() + "/v1", 50)).error();
  EXPECT_EQ(error.code, Code::Timeout);
  EXPECT_NE(error.message.find("did not begin to answer"), std::string::npos) << error.message;
}

TEST_F(HttpProviderTest, CanBeCancelledWhileTheServerIsSilent) {
  model.hangs();
  HttpProvider server = openai();
  Scope scope(io.get_executor());
  std::exception_ptr end;
  auto asking = [](HttpProvider& asked, ModelRequest request, OnDelta on_delta, std::exception_ptr& ended) -> Task<void> {
    try {
      co_await asked.stream(std::move(request), std::move(on_delta));
    } catch (...) {  // looked at by the test
      ended = std::current_exception();
    }
  };
  scope.spawn("asking", asking(server, question(), listener(), end));
  EXPECT_TRUE(run(io, eventually([&] { return model.seen().size() == 1; })));
  run(io, scope.stop());
  EXPECT_TRUE(is_cancellation(end));
}

TEST_F(HttpProviderTest, DialsOnThePersonsErrandAndInTheRunsName) {
  EverybodyDials policy;
  HttpClient guarded(io.get_executor(), &policy);
  HttpProvider server{clock, dice, guarded, keys, learned, {.known = known("openai"), .base = model.url() + "/v1", .base_given = true}};
  model.says("Hello.");
  ModelRequest request = question();
  request.person = PersonId::make(dice, 1);
  request.run = "01RUN";
  ASSERT_TRUE(run(io, server.stream(request, listener())));
  ASSERT_FALSE(policy.asked.empty());
  const Errand& errand = policy.asked.back().errand;
  EXPECT_EQ(errand.person, request.person);
  EXPECT_EQ(errand.run, "01RUN");
  EXPECT_EQ(errand.purpose, Purpose::Provider);
}

TEST_F(HttpProviderTest, SaysWhyADialWasForbidden) {
  NobodyDials policy;
  HttpClient guarded(io.get_executor(), &policy);
  HttpProvider server{clock, dice, guarded, keys, learned, {.known = known("openai"), .base = "http://127.0.0.1:1/v1"}};
  EXPECT_EQ(ask(server).error().message, "openai: dialling out is switched off");
}

}  // namespace
}  // namespace zo
