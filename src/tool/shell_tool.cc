#include <fmt/core.h>

#include <map>

#include <boost/json/value.hpp>

#include "base/text.h"
#include "tool/plain.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryChars = 120;
constexpr std::size_t kRunsRemembered = 512;

ToolSpec shell_spec() {
  return {.name = "shell",
          .summary =
              "Run a bash command in the workspace folder and return its output. No network, no root; nothing outside the "
              "workspace is kept. Long output is cut in the middle.",
          .arguments = {{"command", filled_text()},
                        {"timeout_s", whole_number(1, limits::kCommandMsMax / 1'000, fmt::format("default {}", limits::kCommandMs / 1'000)), false}},
          .brief = "shell{command}: run bash, as sha256sum, wc, date, df, awk, grep, mkdir, echo >>, python3"};
}

// What the output alone does not say. Empty when all went well.
std::string note_on(const SandboxOutcome& outcome, std::int64_t time_ms, const DiskAllowance& disk) {
  if (outcome.end == SandboxEnd::TimedOut)
    return fmt::format("[stopped after {}; timeout_s may be up to {}]", human_duration(time_ms), limits::kCommandMsMax / 1'000);
  if (outcome.end == SandboxEnd::OutputCut)
    return fmt::format("[stopped: more than {} of output]", human_size(limits::kOutputRead));
  if (outcome.end == SandboxEnd::OverDisk)
    return fmt::format("[stopped: this run may add {} to the workspace and has added more; delete what is not needed]", human_size(disk.bytes_max));
  if (outcome.out_of_memory || outcome.end == SandboxEnd::OverMemory)
    return fmt::format("[out of memory: the limit is {}; exit code {}]", human_size(limits::kCommandMemory), outcome.exit_code);
  if (outcome.exit_code != 0) return fmt::format("[exit code {}]", outcome.exit_code);
  return outcome.output.empty() ? "[no output]" : "";
}

class ShellTool final : public Tool {
 public:
  ShellTool(Workspaces& workspaces, Sandbox& sandbox, TaintedFiles& tainted)
      : workspaces_(workspaces), sandbox_(sandbox), tainted_(tainted), spec_(shell_spec()) {}

  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json& arguments) const override {
    return one_line(string_at(arguments, "command").value_or(""), kSummaryChars);
  }

  // What a command does cannot be told from its words; it has no network.
  Effects effects(const Json&) const override { return {.reads = true, .writes = true}; }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    SandboxCommand command{.script = text_at(arguments, "command"), .workspace = &files.workspace()};
    command.time_ms = integer_at(arguments, "timeout_s").value_or(limits::kCommandMs / 1'000) * 1'000;
    const std::int64_t time_ms = command.time_ms;
    command.disk = allowance_of(context.run, files);
    const DiskAllowance disk = command.disk;
    ZO_CO_TRY(const HostRunBefore before, co_await files.host_run());
    command.read_only = before.read_only;
    // It may read whatever is in the workspace.
    ZO_CO_TRY(const Taint seen, co_await tainted_.below(files, context.person, "."));
    context.taint |= seen;
    ZO_CO_TRY(TaintedFiles::Times times, co_await tainted_.before_command(files, context));
    const Result<SandboxOutcome> ended = co_await sandbox_.run(std::move(command), std::move(context.on_progress));
    std::vector<LeftFile> left = co_await files.left_since(before);
    ZO_CO_OK(co_await tainted_.after_command(files, context, std::move(times)));
    if (!ended) co_return std::unexpected(ended.error());
    const SandboxOutcome& outcome = *ended;
    const std::string note = note_on(outcome, time_ms, disk);
    ToolOutcome result{.ok = outcome.end == SandboxEnd::Exited && outcome.exit_code == 0,
                       .output = plain_text(outcome.output),
                       .output_bytes = outcome.output_bytes,
                       .exit_code = outcome.exit_code};
    if (!note.empty() && !result.output.empty() && !result.output.ends_with('\n')) result.output.push_back('\n');
    result.output += note;
    result.left = std::move(left);
    result.seen = seen;
    co_return result;
  }

 private:
  // The same for all commands of a run; forgotten when many others have come since.
  DiskAllowance allowance_of(const RunId& run, const Files& files) {
    if (const auto found = allowances_.find(run); found != allowances_.end()) return found->second;
    if (allowances_.size() >= kRunsRemembered) allowances_.erase(allowances_.begin());  // ids rise with time
    return allowances_[run] = files.new_allowance();
  }

  Workspaces& workspaces_;
  Sandbox& sandbox_;
  TaintedFiles& tainted_;
  ToolSpec spec_;
  std::map<RunId, DiskAllowance> allowances_;
};

}  // namespace

void add_shell_tool(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, TaintedFiles& tainted) {
  tools.add(std::make_unique<ShellTool>(workspaces, sandbox, tainted));
}

void add_workspace_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, TaintedFiles& tainted) {
  add_shell_tool(tools, workspaces, sandbox, tainted);
  add_file_tools(tools, workspaces, tainted);
}

}  // namespace zo
