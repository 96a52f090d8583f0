#include "sandbox/egress_words.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kWordsMost = 256;

// The mode first.
Result<std::vector<std::string_view>> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(word);
  if (words.empty()) return fail(Code::Invalid, "what may be reached of the network is not said", "off, open-public, or allowlist and hosts: allowlist pip example.org");
  if (words.size() > kWordsMost) return fail(Code::Exhausted, fmt::format("more than {} words say what may be reached, the limit", kWordsMost));
  return words;
}

}  // namespace

Result<Egress> read_egress(std::string_view text) {
  ZO_TRY(const std::vector<std::string_view> words, words_of(text));
  Egress egress;
  ZO_TRY(const EgressMode mode, egress_mode(words.front()));
  if (mode != EgressMode::Allowlist && words.size() > 1)
    return fail(Code::Invalid, fmt::format("{} takes no hosts", words.front()), "allowlist " + std::string(words[1]));
  for (std::size_t i = 1; i < words.size(); ++i) ZO_OK(egress.allow(words[i]));
  egress.mode = mode;
  return egress;
}

Result<std::string> egress_words(std::string_view text) {
  ZO_OK(read_egress(text));
  ZO_TRY(const std::vector<std::string_view> words, words_of(text));
  return join(std::vector<std::string>(words.begin(), words.end()), " ");
}

}  // namespace zo
