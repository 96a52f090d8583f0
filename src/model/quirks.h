// How a server, or one of its models, differs from its dialect, as data. What is not known beforehand is learned from its refusals, as
// facts with a date: relax(). Facts are kept by Models, per (person, provider, model).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace zo {

struct Quirks {
  std::string host;                       // opaque fields go back only to the host that sent them
  std::string tokens_field = "max_tokens";  // the name of the answer's limit
  bool stream_options = true;             // knows stream_options.include_usage
  bool response_schema = true;            // knows JSON Schema for the answer; otherwise the schema is told in words
  bool sampling = true;                   // takes temperature and top_p
  bool stop = true;                       // takes stop sequences
  bool tools = true;                      // can be offered tools; otherwise calls of before are told in words
  bool tool_choice = true;                // can be told which
  bool parallel_calls = true;             // takes turns with several calls
  bool plain_schemas = false;             // tools are described with the simplest keywords alone
  bool system_role = true;                // otherwise its text stands before the first question
  bool user_after_tool = true;            // takes a question right after a tool's result
  bool others_calls = true;               // takes calls of other models as calls, without what it would have sent with them
  bool kept_fields = true;                // takes back what it sent beside text and calls: reasoning, signatures
  std::size_t call_id_chars = 0;          // ids of tool calls have exactly so many letters and digits; 0 = [a-zA-Z0-9_-]{1,64}
  std::int64_t context_tokens = 0;        // its window, where it was told; 0 = not

  bool operator==(const Quirks&) const = default;
};

// What was learned of a model, by the fact's name; `value` counts for "window" alone.
struct LearnedFact {
  std::int64_t value = 0;
  TimeMs at = 0;
};
using LearnedFacts = std::map<std::string, LearnedFact, std::less<>>;

// `base` is the address in the settings: "https://api.openai.com/v1".
Quirks quirks_of(std::string_view base);
void apply_facts(const LearnedFacts& facts, Quirks& quirks);
// "takes no tools: it is asked without them". Empty for what is no fact.
std::string fact_words(std::string_view fact, std::int64_t value);
std::string facts_to_text(const LearnedFacts& facts);
LearnedFacts facts_from_text(std::string_view text);

// "api.openai.com" of "https://user:secret@api.openai.com:443/v1".
std::string host_of(std::string_view base);
// The address as it may be shown: without a user and password.
std::string shown_address(std::string_view base);

// A refusal that complains of something we sent and can do without: the facts that follow. None when there is no such thing.
LearnedFacts relax(const Quirks& quirks, std::string_view complaint, TimeMs now);

}  // namespace zo
