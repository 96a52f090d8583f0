#include "vault/redact.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <random>

#include "base/text.h"
#include "vault/seal.h"

namespace zo {
namespace {

constexpr char kSecret[] = "sk-proj-Ab/9+z\"x~Q";

std::string hex(std::string_view text, const char* form) {
  std::string out;
  for (const char c : text) out += fmt::format(fmt::runtime(form), static_cast<unsigned char>(c));
  return out;
}

std::string base64(std::string_view text, int variant) {
  std::string out(sodium_base64_encoded_len(text.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), static_cast<const unsigned char*>(static_cast<const void*>(text.data())), text.size(), variant);
  out.pop_back();
  return out;
}

TEST(Redactor, TakesASecretOutOfAText) {
  const Redactor redactor({{"work", kSecret}});
  EXPECT_EQ(redactor.redact(fmt::format("the key {0}, and {0}{0}.", kSecret)), "the key ‹key work›, and ‹key work›‹key work›.");
  EXPECT_EQ(redactor.redact("nothing of the sort: sk-proj-Ab"), "nothing of the sort: sk-proj-Ab");
  EXPECT_EQ(redactor.redact(""), "");
}

TEST(Redactor, KnowsTheLongestWhereSecretsBeginAlike) {
  const Redactor redactor({{"short", "abcdefghijkl"}, {"long", "abcdefghijklmnop"}});
  EXPECT_EQ(redactor.redact("abcdefghijkl abcdefghijklmnop abcdefghijklmno"), "‹key short› ‹key long› ‹key short›mno");
}

TEST(Redactor, LeavesShortOnesAlone) {
  EXPECT_TRUE(Redactor({{"tiny", "lm-studio"}}).empty());
  EXPECT_EQ(Redactor().redact("ollama"), "ollama");
}

TEST(Redactor, FindsASecretInEveryEncoding) {
  const Redactor redactor({{"work", kSecret}});
  const std::string quoted = boost::json::serialize(boost::json::value(kSecret));
  for (const std::string& form : {hex(kSecret, "{:02x}"), hex(kSecret, "{:02X}"), percent_encode(kSecret), hex(kSecret, "%{:02X}"), hex(kSecret, "%{:02x}"), quoted,
                                  hex(kSecret, "\\u00{:02x}")})
    EXPECT_NE(redactor.redact("<" + form + ">").find("‹key work›"), std::string::npos) << form;
  for (const int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE_NO_PADDING})
    for (const std::string_view before : {"", "x", "xy", "Basic:"}) {
      const std::string out = redactor.redact(base64(std::string(before) + kSecret + "tail", variant));
      EXPECT_NE(out.find("‹key work›"), std::string::npos) << before;
    }
}

// 100,000 texts with secrets in some encoding, cut anywhere: nothing is left of any, and what was no secret stays.
TEST(Redactor, NoCutAndNoEncodingLetsASecretThrough) {
  std::mt19937_64 chance(20'260'101);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(chance() % bound); };
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/+.:=\"\\";
  std::vector<NamedSecret> secrets;
  for (int i = 0; i < 12; ++i) {
    std::string text = i % 3 == 0 ? "sk-" : "";
    for (std::size_t n = 20 + below(60); text.size() < n;) text += kLetters[below(kLetters.size())];
    secrets.push_back({fmt::format("k{}", i), text});
  }
  const auto redactor = std::make_shared<const Redactor>(secrets);
  int leaks = 0;
  for (int round = 0; round < 100'000; ++round) {
    const std::string& secret = secrets[below(secrets.size())].text;
    std::string form;
    switch (below(8)) {
      case 0: form = secret; break;
      case 1: form = hex(secret, "{:02x}"); break;
      case 2: form = hex(secret, "{:02X}"); break;
      case 3: form = percent_encode(secret); break;
      case 4: form = boost::json::serialize(boost::json::string_view(secret)); break;
      default: {
        const std::string around = std::string(below(3), 'p') + secret + std::string(below(5), 'q');
        form = base64(around, below(2) == 0 ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_URLSAFE_NO_PADDING);
      }
    }
    std::string text;
    for (std::size_t n = below(20); text.size() < n;) text += "the quick-brown sk-fox "[below(23)];
    text += form;
    for (std::size_t n = text.size() + below(20); text.size() < n;) text += "jumps over sk- it "[below(18)];
    RedactedStream stream(redactor);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t count = 1 + below(below(4) == 0 ? 40 : 5);
      out += stream.push(std::string_view(text).substr(at, count));
      at += count;
    }
    out += stream.finish();
    ASSERT_EQ(out, redactor->redact(text)) << text;
    // Beside the secret itself, no eight characters of its form may be left; base64 shares its edges with what stands around it.
    const std::string_view middle = std::string_view(form).substr(4, form.size() - 10);
    for (std::size_t at = 0; at + 8 <= middle.size(); ++at)
      if (out.find(middle.substr(at, 8)) != std::string::npos) {
        ++leaks;
        ADD_FAILURE() << form << " in " << out;
        break;
      }
    if (leaks > 3) break;
  }
  EXPECT_EQ(leaks, 0);
}

}  // namespace
}  // namespace zo
