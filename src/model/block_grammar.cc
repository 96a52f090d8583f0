#include "model/block_grammar.h"

#include <fmt/core.h>

#include <array>
#include <boost/json.hpp>
#include <set>

#include "base/text.h"

namespace zo {
namespace {

// What begins with a fence is a block; a brace would be a call in the manner of other programs.
constexpr std::string_view kReplyRules =
    R"(reply ::= [^`{\n ] any*)" "\n"
    R"(any ::= [^\x00])" "\n";
constexpr std::string_view kBlockRules =
    R"(name ::= [^\n`]+)" "\n"
    R"(line ::= ([^`\n] [^\n]*)? "\n")" "\n";
// Only where blocks hold JSON. There is no white space in it, since every token costs time.
constexpr std::string_view kJsonRules =
    R"(string ::= "\"" char* "\"")" "\n"
    R"(char ::= [^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" hex hex hex hex))" "\n"
    R"(hex ::= [0-9a-fA-F])" "\n"
    R"(integer ::= "-"? ("0" | [1-9] [0-9]*))" "\n"
    R"(number ::= integer ("." [0-9]+)?)" "\n"
    R"(boolean ::= "true" | "false")" "\n"
    R"(value ::= object | array | string | number | boolean | "null")" "\n"
    R"(object ::= "{" (string ":" value ("," string ":" value)*)? "}")" "\n"
    R"(array ::= "[" (value ("," value)*)? "]")" "\n"
    R"(strings ::= "[" (string ("," string)*)? "]")" "\n";

// A literal of the grammar; it escapes as JSON does.
std::string literal(std::string_view text) { return to_text(Json(text)); }

std::string fenced(const CallForm& form, std::string_view behind = "") { return std::string(kFence) + form.block.word + std::string(behind); }

std::string json_rule(const CallForm& form) {
  std::string rule;
  std::string text = fenced(form, "\n{");
  for (const CallForm::Argument& argument : form.arguments) {
    if (&argument != &form.arguments.front()) text += ",";
    text += to_text(Json(argument.name)) + ":";
    rule += literal(text) + " " + argument.rule + " ";
    text.clear();
  }
  return rule + literal(text + "}\n" + std::string(kFence));
}

// `name`: the head that it must have; empty: free.
std::string block_rule(const CallForm& form, std::string_view name = {}) {
  const ToolBlock& block = form.block;
  const std::string end = " " + literal(kFence);
  if (!name.empty()) return literal(fenced(form, fmt::format(" {}\n", name))) + " line+" + end;
  // Of a block with a name the rest may be empty: an empty file.
  if (block.head.empty()) return literal(fenced(form, "\n")) + " line+" + end;
  if (block.head_needed) return literal(fenced(form, " ")) + R"( name "\n" line*)" + end;
  return literal(fenced(form)) + R"x( (" " name)? "\n" line+)x" + end;
}

// The names of rules know letters, digits and "-" only.
std::string rule_name(const std::string& word, std::set<std::string>& taken) {
  std::string name = word;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  while (!taken.insert(name).second) name += "-x";
  return name;
}

// Tables are best made by a query, all else that is text by its content. What is no text a command has to make.
const CallForm* maker_of(const std::vector<CallForm>& forms, std::string_view file) {
  static constexpr std::string_view kTables[]{"csv", "tsv"};
  static constexpr std::string_view kNoText[]{"gz", "zip", "tar", "tgz", "bz2", "xz", "7z", "png", "jpg", "jpeg", "pdf", "db", "xlsx", "xls", "docx", "pptx", "odt", "ods"};
  const std::string ending = to_lower(file.substr(file.rfind('.') + 1));
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '`'; };
  if (std::ranges::find(kNoText, ending) != std::end(kNoText) || !std::ranges::all_of(file, is_plain)) return nullptr;
  const bool table = std::ranges::find(kTables, ending) != std::end(kTables);
  const auto makes = [](bool needed) { return [needed](const CallForm& form) { return !form.block.head.empty() && form.block.head_needed == needed; }; };
  auto maker = std::ranges::find_if(forms, makes(!table));
  if (maker == forms.end()) maker = std::ranges::find_if(forms, makes(table));
  return maker == forms.end() ? nullptr : &*maker;
}

}  // namespace

std::string turn_grammar(const std::vector<CallForm>& forms, MayReply may_reply) {
  std::set<std::string> taken{"root",    "reply",  "any",   "name",   "line",  "string", "char",
                              "hex",     "integer", "number", "boolean", "value", "object", "array", "strings"};
  std::vector<std::string> turns;
  std::string rules;
  for (const CallForm& form : forms) {
    turns.push_back(rule_name(form.block.word, taken));
    rules += turns.back() + " ::= " + (form.json ? json_rule(form) : block_rule(form)) + "\n";
  }
  const bool replies = may_reply == MayReply::Yes || forms.empty();
  if (replies) turns.emplace_back("reply");
  std::string grammar = "root ::= " + join(turns, " | ") + "\n" + rules;
  if (std::ranges::any_of(forms, [](const CallForm& form) { return !form.json; })) grammar += kBlockRules;
  if (std::ranges::any_of(forms, &CallForm::json)) grammar += kJsonRules;
  if (replies) grammar += kReplyRules;
  return grammar;
}

std::string making_grammar(const std::vector<CallForm>& forms, std::string_view file) {
  const CallForm* maker = maker_of(forms, file);
  if (maker == nullptr) return turn_grammar(forms, MayReply::No);
  return "root ::= " + block_rule(*maker, file) + "\n" + std::string(kBlockRules);
}

}  // namespace zo
