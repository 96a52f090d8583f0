// How a small model calls tools: it writes one fenced block, or else its answer as plain text. A coder model has read such blocks by
// the million, so it needs neither JSON's escapes nor to be told much.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/model.h"

namespace zo {

inline constexpr std::string_view kFence = "```";

// One way to call a tool.
struct CallForm {
  // Of a block that holds JSON: an argument that is always given.
  struct Argument {
    std::string name;
    std::string rule;     // of the grammar, for its value
    std::string example;  // of its value, as JSON text
  };
  std::string tool;
  ToolBlock block;    // where it holds JSON, only word and brief
  bool json = false;
  std::vector<Argument> arguments;
};

// Those of the tools that may be chosen (ModelRequest::tool_choice), each word once.
std::vector<CallForm> call_forms(const std::vector<OfferedTool>& tools, std::string_view choice = {});

// The form as the prompt shows it.
std::string shown_form(const CallForm& form);

// A call as the model would have written it; one that fits no form as JSON.
std::string written_call(const std::vector<CallForm>& forms, const ModelCall& call);

// The rule of a grammar (block_grammar.h) for a value of that schema. What it does not know of schemas is checked when the tool is called.
std::string value_rule(const Json& schema);

}  // namespace zo
