#include "model/quirks.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/provider_error.h"
#include "model/window.h"

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

// What can be learned. `applied`: it is in force already.
struct Fact {
  std::string_view name;
  std::string_view words;
  void (*apply)(Quirks&, std::int64_t value);
  bool (*applied)(const Quirks&);
};
constexpr std::array kFacts = {
    Fact{"no tools", "takes no tools: it is asked without them", [](Quirks& q, std::int64_t) { q.tools = false; }, [](const Quirks& q) { return !q.tools; }},
    Fact{"no tool choice", "cannot be told which tool to call", [](Quirks& q, std::int64_t) { q.tool_choice = false; }, [](const Quirks& q) { return !q.tool_choice; }},
    Fact{"single calls", "takes one call at a time", [](Quirks& q, std::int64_t) { q.parallel_calls = false; }, [](const Quirks& q) { return !q.parallel_calls; }},
    Fact{"plain schemas", "takes tools described with simple keywords alone", [](Quirks& q, std::int64_t) { q.plain_schemas = true; }, [](const Quirks& q) { return q.plain_schemas; }},
    Fact{"no system role", "takes no system role: its text stands before the first question", [](Quirks& q, std::int64_t) { q.system_role = false; }, [](const Quirks& q) { return !q.system_role; }},
    Fact{"strict turns", "takes turns only in strict order", [](Quirks& q, std::int64_t) { q.user_after_tool = false; }, [](const Quirks& q) { return !q.user_after_tool; }},
    Fact{"own calls only", "takes only calls of its own: those of other models are told in words", [](Quirks& q, std::int64_t) { q.others_calls = false; }, [](const Quirks& q) { return !q.others_calls; }},
    Fact{"no kept fields", "does not take back its reasoning", [](Quirks& q, std::int64_t) { q.kept_fields = false; }, [](const Quirks& q) { return !q.kept_fields; }},
    Fact{"no response schema", "takes no schema for its answer: it is told in words", [](Quirks& q, std::int64_t) { q.response_schema = false; }, [](const Quirks& q) { return !q.response_schema; }},
    Fact{"no stream options", "does not say how many tokens a stream used", [](Quirks& q, std::int64_t) { q.stream_options = false; }, [](const Quirks& q) { return !q.stream_options; }},
    Fact{"no sampling", "takes no temperature", [](Quirks& q, std::int64_t) { q.sampling = false; }, [](const Quirks& q) { return !q.sampling; }},
    Fact{"no stop", "takes no stop sequences", [](Quirks& q, std::int64_t) { q.stop = false; }, [](const Quirks& q) { return !q.stop; }},
    Fact{"max_tokens", "calls the answer's limit max_tokens", [](Quirks& q, std::int64_t) { q.tokens_field = "max_tokens"; }, [](const Quirks& q) { return q.tokens_field == "max_tokens"; }},
    Fact{"max_completion_tokens", "calls the answer's limit max_completion_tokens", [](Quirks& q, std::int64_t) { q.tokens_field = "max_completion_tokens"; }, [](const Quirks& q) { return q.tokens_field == "max_completion_tokens"; }},
    Fact{kWindow, "has a window of {} tokens", [](Quirks& q, std::int64_t value) { q.context_tokens = value; }, [](const Quirks&) { return true; }},
};

// What a refusal says, in small letters: one of `any`, and, where there are some, one of `with`.
struct Refusal {
  std::string_view fact;
  std::array<std::string_view, 10> any;
  std::array<std::string_view, 12> with;
};
constexpr std::array<std::string_view, 12> kUnknown = {"unsupported", "not supported", "unknown", "unrecognized", "not permitted", "extra", "not allowed", "unexpected", "does not support", "invalid", "cannot find", "not enabled"};
// The first that fits is what is left out next; the plainer the words, the later.
constexpr std::array kRefusals = {
    Refusal{"no stream options", {"stream_options", "include_usage"}, {}},
    Refusal{"no tools", {"does not support tools", "support tool use", "not support tool", "tools are not supported", "tool use is not supported", "not support function", "function calling is not", "tool calling is not", "requires --jinja", "enable-auto-tool-choice"}, {}},
    Refusal{"own calls only", {"reasoning_content is missing", "reasoning_content must be passed", "missing a thought_signature", "missing thought_signature", "must start with a thinking block", "expected `thinking`", "missing a `thought_signature`"}, {}},
    Refusal{"no kept fields", {"reasoning_content", "reasoning_details", "reasoning_opaque", "thinking block", "`signature`", "'signature'", "thought_signature", "encrypted_content", "extra_content", "redacted_thinking"}, {}},
    Refusal{"single calls", {"single tool-call", "single tool call", "one tool call", "parallel tool", "parallel_tool_calls", "multiple tool call"}, {}},
    Refusal{"no tool choice", {"tool_choice"}, kUnknown},
    Refusal{"strict turns", {"roles must alternate", "must alternate", "after role 'tool'", "after role \"tool\"", "expected last role", "unexpected role"}, {}},
    Refusal{"no system role", {"system role", "system message", "system instruction", "developer instruction", "developer role", "role 'system'", "role: system", "role \"system\""}, kUnknown},
    Refusal{"max_completion_tokens", {"max_tokens", "max_completion_tokens"}, kUnknown},
    Refusal{"max_tokens", {"max_tokens", "max_completion_tokens"}, kUnknown},
    Refusal{"no response schema", {"response_format", "json_schema", "output_config", "structured output"}, {}},
    Refusal{"plain schemas", {"additionalproperties", "$schema", "invalid json payload", "invalid schema for function", "function_declarations", "unknown keyword", "input_schema", "'strict'"}, {}},
    Refusal{"no sampling", {"temperature", "top_p"}, kUnknown},
    Refusal{"no stop", {"'stop'", "`stop`", "\"stop\"", "stop_sequences", "parameter: stop"}, kUnknown},
    Refusal{"no tools", {"`tools`", "'tools'", "\"tools\"", "field tools", "parameter: tools", "body.tools"}, kUnknown},
    Refusal{"no kept fields", {"reasoning", "thinking", "signature"}, kUnknown},
};

const Fact* fact_of(std::string_view name) {
  const auto* const found = std::ranges::find(kFacts, name, &Fact::name);
  return found != kFacts.end() ? found : nullptr;
}

template <class Words>
bool mentions(std::string_view complaint, const Words& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return !word.empty() && complaint.find(word) != std::string_view::npos; });
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

void apply_facts(const LearnedFacts& facts, Quirks& quirks) {
  for (const auto& [name, learned] : facts)
    if (const Fact* fact = fact_of(name)) fact->apply(quirks, learned.value);
}

std::string fact_words(std::string_view name, std::int64_t value) {
  const Fact* const fact = fact_of(name);
  if (fact == nullptr) return "";
  return fact->name == kWindow ? fmt::format(fmt::runtime(fact->words), with_thousands(static_cast<std::uint64_t>(value))) : std::string(fact->words);
}

std::string facts_to_text(const LearnedFacts& facts) {
  JsonObject out;
  for (const auto& [name, fact] : facts) out[name] = JsonArray{fact.value, fact.at};
  return to_text(out);
}

LearnedFacts facts_from_text(std::string_view text) {
  LearnedFacts facts;
  const Result<Json> json = parse_json(text, "what was learned of a model");
  if (!json || !json->is_object()) return facts;
  for (const auto& member : json->get_object()) {
    const JsonArray* pair = member.value().if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64() || fact_of(member.key()) == nullptr) continue;
    facts[std::string(std::string_view(member.key()))] = {(*pair)[0].get_int64(), (*pair)[1].get_int64()};
  }
  return facts;
}

LearnedFacts relax(const Quirks& quirks, std::string_view complaint, TimeMs now) {
  const std::string words = to_lower(utf8_prefix(complaint, kComplaintRead));
  for (const Refusal& row : kRefusals) {
    const bool fits = mentions(words, row.any) && (row.with.front().empty() || mentions(words, row.with));
    const Fact* const fact = fact_of(row.fact);
    if (fits && !fact->applied(quirks)) return {{std::string(fact->name), {0, now}}};
  }
  return {};
}

}  // namespace zo
