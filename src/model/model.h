// The words of a conversation with a model: what is asked (ModelRequest) and the one internal stream of deltas that every
// wire dialect is turned into. Plain values; the dialects are in chat.h, messages.h and schema_turn.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace zo {

// A call as a small model writes it: a fenced block, as it has read many. "```file NAME", below it the content, then "```".
struct ToolBlock {
  std::string word;         // behind the fence
  std::string head;         // the argument on the same line; empty: none
  std::string head_shown;   // in its place in the prompt: "NAME"
  bool head_needed = true;
  std::string body;         // the argument below
  std::string body_shown;   // in its place in the prompt: "content"
  std::string before;       // stands before the body in that argument
  std::string after;        // and behind it
  std::string brief;        // "writes a file"
};

// What a small model is told of a tool. Without blocks of its own a tool's block holds its arguments as one JSON object.
struct SmallForm {
  std::vector<ToolBlock> blocks;
  std::string brief;                   // without blocks; empty: the description's first sentence
  std::vector<std::string> arguments;  // without blocks: those that it gives; empty: the required ones
  std::string instead;                 // not offered beside that tool, which does for it
  bool mends = false;                  // its errors say how to do better: after the first one it must try again
  std::vector<std::string> phrases;    // offered only where the person has said one of them, in lower case; empty: always
};

// A tool as a model is told of it: one of ours, or a client's.
struct OfferedTool {
  std::string name;         // [a-zA-Z0-9_-]{1,64}
  std::string description;  // one or two sentences
  std::string parameters;   // JSON Schema: an object, as compact JSON text; goes out as it is
  std::optional<SmallForm> small;  // none: small models are not offered it
};

struct ModelCall {
  std::string id;         // the provider's; invented when it sent none
  std::string name;
  std::string arguments;  // JSON object as text, exactly as the model wrote it ("{}" when it wrote nothing)
  bool operator==(const ModelCall&) const = default;
};

struct ModelMessage {
  enum class Role { User, Assistant, Tool, System };
  Role role = Role::User;
  std::string text;
  std::vector<ModelCall> calls;  // assistant
  std::string call_id;           // tool: which call this answers
  std::string call_name;         // tool: the name of that call
  bool is_error = false;         // tool
  // assistant: what the provider sent beyond the fields above (reasoning, signatures, thinking blocks), as JSON text with the
  // dialect's name; sent back unchanged to the same dialect, ignored by others.
  std::string opaque;
};

struct ModelRequest {
  PersonId person;     // for whom: whose key it is asked with
  std::string run;     // of which run, by its id; empty outside of one
  std::string model;   // the provider's own name for it, without "provider/"
  std::string system;        // ours; small models are told less
  std::string instructions;  // of the client, or the person, for every answer
  std::vector<ModelMessage> messages;
  std::vector<OfferedTool> tools;
  std::string tool_choice;      // "", "auto", "none", "required", or a tool's name
  std::string response_schema;  // JSON Schema text: the answer must be such an object; empty = free text
  // What may be written at all, of providers with a model that has ToolCalls::Schema: GBNF, or JSON Schema text.
  std::string grammar;
  std::string grammar_schema;
  std::string must_make;        // small models: the file that the next call is to make; empty = free to call or to answer
  bool keeps_prefix = false;    // the beginning comes again: such a provider is to keep what it has read of it
  std::int64_t patience_ms = 300'000;  // waited in all before it is asked again
  std::optional<int> tokens_max;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::vector<std::string> stop;
};

// All that is told before the conversation.
std::string system_of(const ModelRequest& request);

struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;  // with reasoning
  std::int64_t cached_tokens = 0;  // part of input_tokens
  bool is_estimated = false;       // its provider has counted nothing
  bool operator==(const Usage&) const = default;
  Usage& operator+=(const Usage& more) {
    input_tokens += more.input_tokens;
    output_tokens += more.output_tokens;
    cached_tokens += more.cached_tokens;
    is_estimated = is_estimated || more.is_estimated;
    return *this;
  }
};

enum class Finish { Stop, Length, ToolCalls, ContentFilter, Refusal };
std::string_view finish_name(Finish finish);  // "stop", "length", "tool_calls", "content_filter", "refusal"

namespace delta {
struct Text { std::string text; };
struct Reasoning { std::string text; };
struct CallStart { int index; std::string id; std::string name; };   // index counts from 0 without gaps
struct CallArguments { int index; std::string text; };               // append
struct CallEnd { int index; };
struct State { std::string text; };                                  // "loading the model": shown, never stored
struct Retrying { std::int64_t in_ms; std::string reason; };
}  // namespace delta

using Delta = std::variant<delta::Text, delta::Reasoning, delta::CallStart, delta::CallArguments, delta::CallEnd, delta::State,
                           delta::Retrying>;

// What a whole stream adds up to. `calls` holds complete calls only: one that was cut off is never executed.
struct ModelReply {
  std::string text;
  std::string reasoning;
  std::vector<ModelCall> calls;
  std::string opaque;
  Usage usage;
  Finish finish = Finish::Stop;
  std::string id;     // the provider's id of the answer, may be empty
  std::string model;  // the model that the provider says answered, may be empty
  std::string cut_call;  // the tool of a call that the end of the answer cut off; empty: none
  std::string finish_word;  // the provider's own word for `finish`, may be empty: "pause_turn"
};

}  // namespace zo
