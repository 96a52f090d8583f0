// The set of tools: finds one by name, checks arguments against its schema, says which a token may use.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tool/tool.h"

namespace zo {

// Which tools a token may use: all of them, none, or those of the list.
struct ToolAllowance {
  bool all = true;
  std::vector<std::string> names;
  bool allows(std::string_view name) const;
  // "all", "none" or "shell,read_file"; the form in the store and on the command line.
  std::string text() const;
  static ToolAllowance from_text(std::string_view text);
  // The same as a person writes it: Invalid when there is no such tool.
  static Result<ToolAllowance> chosen(std::string_view text);
};

// The tools of every computer, for those who choose among them where none runs; a test compares them with a computer's own.
std::span<const std::string_view> tool_names();

class Tools {
 public:
  void add(std::unique_ptr<Tool> tool);
  Tool* find(std::string_view name) const;
  std::vector<ToolSpec> specs(const ToolAllowance& allowance) const;
  std::vector<std::string> names() const;
  // Parses and validates: Invalid names the tool, the field and what was expected, so that the model can mend it.
  Result<Json> check_arguments(const Tool& tool, std::string_view arguments) const;

 private:
  std::vector<std::unique_ptr<Tool>> tools_;
};

// JSON Schema, the subset that tools use: type, properties, required, enum, items, minimum, maximum, minLength, maxLength,
// additionalProperties false. Invalid says where and what: "command: a string is needed".
Result<> fits_schema(const Json& value, const Json& schema, std::string_view what);

}  // namespace zo
