#include "rig/probe_tool.h"

#include <boost/json/value.hpp>

namespace zo {

Task<Result<ToolOutcome>> ProbeTool::run(ToolContext context, Json arguments) {
  const std::string word = text_at(arguments, "word");
  ++ran[word];
  taints[word] = context.taint;
  ToolOutcome outcome{.output = "ran " + word};
  outcome.output_bytes = outcome.output.size();
  if (const auto found = seen_.find(word); found != seen_.end()) outcome.seen = found->second;
  co_return outcome;
}

ProbeTool& ProbeTool::add_to(Tools& tools) {
  auto probe = std::make_unique<ProbeTool>();
  ProbeTool& added = *probe;
  tools.add(std::move(probe));
  return added;
}

}  // namespace zo
