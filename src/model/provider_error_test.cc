#include "model/provider_error.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "model/provider_settings.h"
#include "model/quirks.h"
#include "model/retry.h"

namespace zo {
namespace {

const Speaker kSpeaker{.provider = "openai", .model = "gpt-x", .host = "api.openai.com", .key_advice = "set OPENAI_API_KEY and start again",
                       .base_variable = "OPENAI_BASE_URL"};

Error explain(int status, std::string_view body) { return to_error(read_complaint(status, body), kSpeaker); }

TEST(ProviderError, TellsAPersonWhatToDoAboutARefusedKey) {
  EXPECT_EQ(explain(401, R"({"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}})"),
            (Error{Code::Denied, "openai refused the key (401): Incorrect API key", "set OPENAI_API_KEY and start again"}));
}

TEST(ProviderError, KnowsTheShapesOfMostServers) {
  struct Case {
    int status;
    std::string_view body;
    Code code;
    std::string_view message;
  };
  const Case cases[] = {
      {400, R"({"error":{"message":"This model's maximum context length is 8 tokens","code":"context_length_exceeded"}})",
       Code::Exhausted, "openai/gpt-x: context too long (400): This model's maximum context length is 8 tokens"},
      {429, R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})",
       Code::Exhausted, "openai has no credit left (429): You exceeded your current quota"},
      {429, R"({"error":{"message":"Slow down","type":"rate_limit_error"}})", Code::RateLimited,
       "openai asks for slower requests (429): Slow down"},
      {404, R"({"error":"model 'x' not found"})", Code::NotFound, "openai/gpt-x is not known there (404): model 'x' not found"},
      {422, R"({"detail":[{"loc":["body"],"msg":"extra"}]})", Code::Invalid,
       "openai/gpt-x refused the request (422): body: extra"},
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"})",
       Code::Unavailable, "openai is overloaded (529): Overloaded"},
      {502, "<html>Bad\n Gateway</html>", Code::Unavailable, "openai failed (502): <html>Bad Gateway</html>"},
      {307, "", Code::Invalid, "openai sent us to another address, which is not followed (307)"},
      {0, R"({"error":{"code":402,"message":"No credit"}})", Code::Exhausted, "openai has no credit left (402): No credit"},
      {0, R"({"error":{}})", Code::Unavailable, "openai failed: {}"},
  };
  for (const Case& c : cases) {
    const Error error = explain(c.status, c.body);
    EXPECT_EQ(error.message, c.message);
    EXPECT_EQ(error.code, c.code) << c.body;
  }
}

TEST(ProviderError, NeverShowsAKey) {
  EXPECT_EQ(without_key("key zo-secret-1 and zo-secret-1.", "zo-secret-1"), "key [key] and [key].");
  EXPECT_EQ(without_key("Incorrect API key provided: sk-abcd*****wxyz. See", "other"), "Incorrect API key provided: [key] See");
  EXPECT_EQ(without_key("nothing  here", ""), "nothing  here");
}

TEST(Retry, WaitsLongerEachTimeWithJitterAndThenGivesUp) {
  SeededDice dice(7);
  for (int i = 0; i < 100; ++i) {
    const auto first = wait_before_retry({}, true, {}, dice);
    ASSERT_TRUE(first && *first >= 750 && *first <= 1'000);
    const auto second = wait_before_retry({1, 900}, true, {}, dice);
    ASSERT_TRUE(second && *second >= 1'500 && *second <= 2'000);
    const auto late = wait_before_retry({50, 100'000}, true, {}, dice);
    ASSERT_TRUE(late && *late >= 22'500 && *late <= 30'000);
  }
  EXPECT_EQ(wait_before_retry({20, kRetryAllMs - 100}, true, {}, dice), std::nullopt);
  EXPECT_EQ(wait_before_retry({}, false, {}, dice), std::nullopt);
}

TEST(Retry, ReadsHowLongInWords) {
  EXPECT_EQ(duration_ms("4s"), 4'000);
  EXPECT_EQ(duration_ms("1m2.5s"), 62'500);
  EXPECT_EQ(duration_ms("500ms"), 500);
  EXPECT_EQ(duration_ms("soon"), std::nullopt);
  EXPECT_EQ(wait_in_words("Rate limit reached. Please try again in 7.66s. Visit"), 7'660);
  EXPECT_EQ(wait_in_words("Please retry in 20 seconds"), 20'000);
  EXPECT_EQ(wait_in_words("Please try again later"), std::nullopt);
}

TEST(Retry, HeedsWhatTheProviderAsksFor) {
  SeededDice dice(7);
  const TimeMs now = 784'111'777'000 - 5'000;  // 1994-11-06T08:49:32Z
  const auto wait = [&](std::vector<Header> headers, bool transient = true) {
    return wait_before_retry({}, transient, retry_wish(headers, now), dice);
  };
  EXPECT_EQ(wait({{"Retry-After", "3"}}), 3'000);
  EXPECT_EQ(wait({{"retry-after-ms", "20.5"}, {"retry-after", "3"}}), 21);
  EXPECT_EQ(wait({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}), 5'000);
  EXPECT_EQ(wait({{"Retry-After", "61"}}), 61'000);
  EXPECT_EQ(wait({{"Retry-After", "301"}}), std::nullopt);
  EXPECT_EQ(wait({{"x-should-retry", "false"}}), std::nullopt);
  EXPECT_TRUE(wait({{"x-should-retry", "true"}}, false));
  EXPECT_TRUE(wait({{"Retry-After", "soon"}}) && wait({{"Retry-After", "-1"}}) && wait({{"Retry-After", "1e999"}}));
}

TEST(Quirks, LeavesOutWhatAServerRefused) {
  const Quirks plain = quirks_of("http://127.0.0.1:8000/v1");
  const auto learns = [&](std::string_view complaint) {
    std::string names;
    for (const auto& [name, fact] : relax(plain, complaint, 1)) names += (names.empty() ? "" : ", ") + name;
    return names;
  };
  EXPECT_EQ(learns("Unknown field: stream_options"), "no stream options");
  EXPECT_EQ(learns("'response_format.type' must be text or json_object, json_schema is not supported"), "no response schema");
  EXPECT_EQ(learns("Unsupported value: 'temperature' does not support 0.2"), "no sampling");
  EXPECT_EQ(learns("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."), "max_completion_tokens");
  EXPECT_EQ(learns("max_tokens is too large: 99999"), "");
  EXPECT_EQ(learns("messages[0].content is empty"), "");
  EXPECT_EQ(learns("thinking is enabled but reasoning_content is missing in assistant tool call message at index 2"), "own calls only");
  EXPECT_EQ(learns("body.stream_options: Extra inputs are not permitted; " + std::string(600, ' ') + "what temperature is it, tools"), "no stream options");
}

TEST(Quirks, AreKeptAsText) {
  const LearnedFacts facts{{"no tools", {0, 17}}, {"window", {8'192, 18}}};
  const LearnedFacts read = facts_from_text(facts_to_text(facts));
  Quirks quirks;
  apply_facts(read, quirks);
  EXPECT_FALSE(quirks.tools);
  EXPECT_EQ(quirks.context_tokens, 8'192);
  EXPECT_EQ(read.at("window").at, 18);
  EXPECT_TRUE(facts_from_text(R"({"no such":[0,1],"no tools":"x","window":[1]})").empty());
  EXPECT_EQ(fact_words("window", 8'192), "has a window of 8,192 tokens");
}

TEST(ProviderSettings, AnAddressIsMeantAsPeopleWriteIt) {
  for (const auto& [written, base] : {std::pair("[::1]", "http://[::1]:11434/v1"), std::pair("[::1]:8000", "http://[::1]:8000/v1"), std::pair("[::]", "http://[::1]:11434/v1"),
                                      std::pair("http://[::]:11434", "http://[::1]:11434/v1"), std::pair("0.0.0.0", "http://127.0.0.1:11434/v1"), std::pair("box", "http://box:11434/v1")})
    EXPECT_EQ(whole_base(written, "11434", true), base);
}

TEST(Quirks, KnowsHosts) {
  EXPECT_EQ(host_of("https://me:secret@API.openai.com:443/v1?x"), "api.openai.com");
  EXPECT_EQ(host_of("http://[::1]:11434/v1"), "[::1]");
  EXPECT_EQ(host_of("localhost:1"), "localhost");
  EXPECT_EQ(shown_address("http://me:secret@host:1/v1"), "http://host:1/v1");
  EXPECT_EQ(shown_address("http://host/a@b"), "http://host/a@b");
}

}  // namespace
}  // namespace zo
