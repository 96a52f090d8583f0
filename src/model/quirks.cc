#include "model/quirks.h"

#include <array>

#include "base/text.h"

namespace zo {
namespace {

struct Row {
  std::string_view host;
  std::string_view tokens_field;
  std::size_t call_id_chars;
};

// max_tokens is the older name, and the only one on many servers that copy the dialect.
constexpr std::array kRows = {
    Row{"api.openai.com", "max_completion_tokens", 0},
    Row{"api.mistral.ai", "max_tokens", 9},
};

bool mentions(std::string_view complaint, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return complaint.find(word) != std::string_view::npos; });
}

}  // namespace

std::string host_of(std::string_view base) {
  if (const auto scheme = base.find("://"); scheme != std::string_view::npos) base.remove_prefix(scheme + 3);
  base = base.substr(0, base.find_first_of("/?#"));
  if (const auto user = base.rfind('@'); user != std::string_view::npos) base.remove_prefix(user + 1);
  if (base.starts_with('[')) return to_lower(base.substr(0, base.find(']') + 1));
  return to_lower(base.substr(0, base.find(':')));
}

std::string shown_address(std::string_view base) {
  const std::size_t scheme = base.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t user = base.substr(0, base.find_first_of("/?#", host)).rfind('@');
  if (user == std::string_view::npos || user < host) return std::string(base);
  return std::string(base.substr(0, host)) + std::string(base.substr(user + 1));
}

Quirks quirks_of(std::string_view base) {
  Quirks quirks{.host = host_of(base)};
  for (const Row& row : kRows)
    if (quirks.host == row.host) {
      quirks.tokens_field = row.tokens_field;
      quirks.call_id_chars = row.call_id_chars;
    }
  return quirks;
}

std::optional<Quirks> relax(const Quirks& quirks, std::string_view complaint) {
  const std::string words = to_lower(complaint);
  Quirks relaxed = quirks;
  if (mentions(words, {"response_format", "json_schema", "output_config", "structured output"})) relaxed.response_schema = false;
  if (mentions(words, {"stream_options", "include_usage"})) relaxed.stream_options = false;
  if (mentions(words, {"temperature", "top_p"})) relaxed.sampling = false;
  // The refusal often names the other field as well ("use max_completion_tokens instead"), so what we sent decides.
  const bool unknown = mentions(words, {"unsupported", "not supported", "unknown", "unrecognized", "not permitted", "extra"});
  if (unknown && mentions(words, {"max_tokens", "max_completion_tokens"}))
    relaxed.tokens_field = quirks.tokens_field == "max_tokens" ? "max_completion_tokens" : "max_tokens";
  if (relaxed == quirks) return std::nullopt;
  return relaxed;
}

}  // namespace zo
