// A tool that does nothing but say that it ran, and what it has seen: "probe", with a word.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>

#include "tool/tools.h"

namespace zo {

class ProbeTool final : public Tool {
 public:
  // How often it ran with each word, and what the run had seen by then.
  std::map<std::string, int> ran;
  std::map<std::string, Taint> taints;

  // A call with that word brings this in.
  void brings(const std::string& word, Taint seen) { seen_[word] = seen; }

  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json& arguments) const override { return word_of(arguments); }
  Effects effects(const Json&) const override { return {.reads = true, .sends = true}; }
  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    const std::string word = word_of(arguments);
    ++ran[word];
    taints[word] = context.taint;
    ToolOutcome outcome{.output = "ran " + word};
    outcome.output_bytes = outcome.output.size();
    if (const auto found = seen_.find(word); found != seen_.end()) outcome.seen = found->second;
    co_return outcome;
  }

  // Made known to a computer's tools, which own it.
  static ProbeTool& add_to(Tools& tools) {
    auto probe = std::make_unique<ProbeTool>();
    ProbeTool& added = *probe;
    tools.add(std::move(probe));
    return added;
  }

 private:
  static std::string word_of(const Json& arguments) { return std::string(string_at(arguments, "word").value_or("")); }

  std::map<std::string, Taint> seen_;
  ToolSpec spec_{.name = "probe",
                 .description = "Say that it ran.",
                 .parameters = R"({"type":"object","properties":{"word":{"type":"string"}},"required":["word"],"additionalProperties":false})",
                 .brief = ""};
};

}  // namespace zo
