#include "model/schema_grammar.h"

#include <boost/json.hpp>
#include <set>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kReplyRule = R"(reply ::= "{\"reply\":" string "}")" "\n";
constexpr std::string_view kStringRules =
    R"(string ::= "\"" char* "\"")" "\n"
    R"(char ::= [^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" hex hex hex hex))" "\n"
    R"(hex ::= [0-9a-fA-F])" "\n";
// Only where a client's tool needs them.
constexpr std::string_view kValueRules =
    R"(integer ::= "-"? ("0" | [1-9] [0-9]*))" "\n"
    R"(number ::= integer ("." [0-9]+)?)" "\n"
    R"(boolean ::= "true" | "false")" "\n"
    R"(value ::= object | array | string | number | boolean | "null")" "\n"
    R"(object ::= "{" (string ":" value ("," string ":" value)*)? "}")" "\n"
    R"(array ::= "[" (value ("," value)*)? "]")" "\n"
    R"(strings ::= "[" (string ("," string)*)? "]")" "\n";

// `json` as a literal of the grammar.
std::string literal(std::string_view json) {
  std::string out = "\"";
  for (const char c : json) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string one_of(const JsonArray& values) {
  std::vector<std::string> literals;
  for (const Json& value : values) literals.push_back(literal(to_text(value)));
  return "(" + join(literals, " | ") + ")";
}

std::string call_rule(const SmallTool& tool) {
  std::string rule;
  std::string text = "{" + to_text(Json(tool.name)) + ":{";
  for (const SmallTool::Argument& argument : tool.arguments) {
    if (&argument != &tool.arguments.front()) text += ",";
    text += to_text(Json(argument.name)) + ":";
    rule += literal(text) + " " + argument.rule + " ";
    text.clear();
  }
  return rule + literal(text + "}}");
}

// The names of rules know letters, digits and "-" only.
std::string rule_name(const std::string& tool, std::set<std::string>& taken) {
  std::string name = tool;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  while (!taken.insert(name).second) name += "-x";
  return name;
}

}  // namespace

std::string value_rule(const Json& schema) {
  if (const JsonArray* values = array_at(schema, "enum"); values != nullptr && !values->empty()) return one_of(*values);
  const std::string_view type = string_at(schema, "type").value_or("");
  if (type == "string" || type == "integer" || type == "number" || type == "boolean" || type == "object") return std::string(type);
  if (type != "array") return "value";
  const Json* items = find(schema, "items");
  return items != nullptr && string_at(*items, "type") == "string" ? "strings" : "array";
}

std::string turn_grammar(const std::vector<SmallTool>& tools, MayReply may_reply) {
  std::set<std::string> taken{"root",    "reply",   "string", "char",   "hex",   "integer",
                              "number", "boolean", "value",  "object", "array", "strings"};
  std::vector<std::string> turns;
  std::string rules;
  bool only_strings = true;
  for (const SmallTool& tool : tools) {
    turns.push_back(rule_name(tool.name, taken));
    rules += turns.back() + " ::= " + call_rule(tool) + "\n";
    for (const SmallTool::Argument& argument : tool.arguments)
      only_strings = only_strings && argument.rule == "string";
  }
  if (may_reply == MayReply::Yes || tools.empty()) {
    turns.emplace_back("reply");
    rules += kReplyRule;
  }
  std::string grammar = "root ::= " + join(turns, " | ") + "\n" + rules;
  grammar += kStringRules;
  if (!only_strings) grammar += kValueRules;
  return grammar;
}

}  // namespace zo
