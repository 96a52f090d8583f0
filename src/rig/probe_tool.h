// A tool that does nothing but say that it ran, and what it has seen: "probe", with a word.
#pragma once

#include <map>
#include <string>

#include "tool/tools.h"

namespace zo {

class ProbeTool final : public Tool {
 public:
  // How often it ran with each word, and what the run had seen by then.
  std::map<std::string, int> ran;
  std::map<std::string, Taint> taints;

  // Whom it says it tells something.
  std::string tells;

  // A call with that word brings this in.
  void brings(const std::string& word, Taint seen) { seen_[word] = seen; }

  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json& arguments) const override { return text_at(arguments, "word"); }
  Effects effects(const Json&) const override { return {.reads = true}; }
  std::string destination(const PersonId&, const Json&) const override { return tells; }
  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override;

  // Made known to a computer's tools, which own it.
  static ProbeTool& add_to(Tools& tools);

 private:
  std::map<std::string, Taint> seen_;
  ToolSpec spec_{.name = "probe",
                 .summary = "Say that it ran.",
                 .arguments = {{"word", text_value()}},
                 .small = {}};
};

}  // namespace zo
