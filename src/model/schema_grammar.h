// What a small model may write in one turn, as a grammar of llama.cpp (GBNF, llama.cpp/grammars/README.md). There is no white
// space in it, since every token costs time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace zo {

// A tool as a small model sees it: with few arguments, all of which it must give.
struct SmallTool {
  struct Argument {
    std::string name;
    std::string rule;     // what its value may be: value_rule()
    std::string example;  // of its value, as JSON text
  };
  std::string name;
  std::vector<Argument> arguments;
  std::string brief;     // "show a file"
  bool of_house = false;  // ours, not a client's
};

// The rule for a value of that schema. What it does not know of schemas is checked when the tool is called.
std::string value_rule(const Json& schema);

enum class MayReply { No, Yes };

// One object: a call of one of the tools, or a reply. No tools means a reply.
std::string turn_grammar(const std::vector<SmallTool>& tools, MayReply may_reply);

}  // namespace zo
