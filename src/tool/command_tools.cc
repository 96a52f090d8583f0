#include <fmt/core.h>

#include <map>

#include <boost/json/value.hpp>

#include "base/embed.h"
#include "base/shown.h"
#include "base/text.h"
#include "sandbox/egress_words.h"
#include "tool/plain.h"
#include "tool/workspace_tools.h"

ZO_EMBEDDED(query_table)

namespace zo {
namespace {

constexpr std::size_t kSummaryChars = 120;
constexpr std::size_t kRunsRemembered = 512;
constexpr std::size_t kWantsMost = 8;  // hosts that one command wanted

// Small models leave the value that was asked for as the last line: it is printed, as in a notebook.
constexpr std::string_view kPython =
    "python3 -c 'import ast,sys;t=ast.parse(sys.stdin.read());e=t.body.pop() if t.body and isinstance(t.body[-1],ast.Expr) else None;"
    "g={\"__name__\":\"__main__\"};exec(compile(t,\"<stdin>\",\"exec\"),g);v=eval(compile(ast.Expression(e.value),\"<stdin>\",\"eval\"),g) if e else None;"
    "v is None or print(v)' <<'END_OF_CODE'\n";

ToolSpec shell_spec() {
  return {.name = "shell",
          .summary =
              "Run a bash command in the workspace folder and return its output. No root; network only where the person allows it, "
              "who is asked when a command fails for want of it. Nothing outside the workspace is kept. Long output is cut in the middle.",
          .arguments = {{"command", filled_text()},
                        {"timeout_s", whole_number(1, limits::kCommandMsMax / 1'000, fmt::format("default {}", limits::kCommandMs / 1'000)), false}},
          .small = SmallForm{.blocks = {{.word = "bash", .body = "command", .body_shown = "commands", .brief = "runs bash in the person's folder"},
                                        {.word = "python", .body = "command", .body_shown = "code", .before = std::string(kPython),
                                         .after = "\nEND_OF_CODE", .brief = "runs Python 3: to calculate, for CSV, JSON and text"}}}};
}

ToolSpec query_spec() {
  return {.name = "query_table",
          .summary = "Run one SQLite SELECT. Tables: each CSV, TSV, JSON or text file (column line) of the workspace by its name without "
                     "ending, and files(path,name,folder,ending,size,changed,lines,words). `save_as` writes the result to a file.",
          .arguments = {{"query", filled_text()}, {"save_as", text_value(), false}},
          .small = SmallForm{.blocks = {{.word = "sql", .head = "save_as", .head_shown = "SAVE.csv", .head_needed = false, .body = "query", .body_shown = "SELECT …",
                                         .brief = "runs SQL on CSV, TSV and JSON files as tables; SAVE.csv, if the result is wanted in a file"}}, .mends = true}};
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

// What tools share that run a command in the sandbox.
class CommandTool : public Tool {
 public:
  CommandTool(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, ToolSpec spec)
      : workspaces_(workspaces), sandbox_(sandbox), way_out_(way_out), tainted_(tainted), spec_(std::move(spec)) {}
  const ToolSpec& spec() const override { return spec_; }
  // What a command does cannot be told from its words; before it reaches the network a person is asked by that name.
  Effects effects(const Json&) const override { return {.reads = true, .writes = true}; }

 protected:
  Task<Result<ToolOutcome>> run_command(ToolContext context, SandboxCommand command) {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    command.workspace = &files.workspace();
    const std::int64_t time_ms = command.time_ms;
    command.disk = allowance_of(context.run, files);
    const DiskAllowance disk = command.disk;
    ZO_CO_TRY(const HostRunBefore before, co_await files.host_run());
    command.read_only = before.read_only;
    // It may read whatever is in the workspace.
    ZO_CO_TRY(const Taint seen, co_await tainted_.below(files, context.person, "."));
    context.taint |= seen;
    ZO_CO_TRY(TaintedFiles::Times times, co_await tainted_.before_command(files, context));
    if (!context.redactor->empty())
      command.filter = [stream = RedactedStream(context.redactor)](std::string_view bytes) mutable { return bytes.empty() ? stream.finish() : stream.push(bytes); };
    std::vector<std::string> wanted;
    ZO_CO_TRY(command.network, network_of(context, wanted));
    const Result<SandboxOutcome> ended = co_await sandbox_.run(std::move(command), std::move(context.on_progress));
    std::vector<LeftFile> left = co_await files.left_since(before);
    ZO_CO_OK(co_await tainted_.after_command(files, context, std::move(times)));
    if (!ended) co_return std::unexpected(ended.error());
    const SandboxOutcome& outcome = *ended;
    std::string note = note_on(outcome, time_ms, disk);
    if (!wanted.empty()) note += fmt::format("{}[not reached, since it is not allowed: {}]", note.empty() ? "" : "\n", join(wanted, " "));
    ToolOutcome result{.ok = outcome.end == SandboxEnd::Exited && outcome.exit_code == 0,
                       .output = plain_text(outcome.output),
                       .output_bytes = outcome.output_bytes,
                       .exit_code = outcome.exit_code};
    if (!note.empty() && !result.output.empty() && !result.output.ends_with('\n')) result.output.push_back('\n');
    result.output += note;
    // One that did its work all the same did not need it.
    if (!result.ok || trim(outcome.output).empty()) result.wants = std::move(wanted);
    result.left = std::move(left);
    result.seen = seen;
    co_return result;
  }

 private:
  // `wanted` outlives the command.
  Result<std::optional<SandboxNetwork>> network_of(const ToolContext& context, std::vector<std::string>& wanted) {
    ZO_TRY(Egress egress, read_egress(context.network.words));
    WayOut::Told told;
    if (context.network.is_asked)
      told.wanted = [&wanted](const std::string& host) {
        if (wanted.size() < kWantsMost && std::ranges::find(wanted, host) == wanted.end()) wanted.push_back(host);
      };
    return way_out_.network({.person = context.person, .run = context.run.string(), .purpose = Purpose::Sandbox}, std::move(egress), std::move(told));
  }

  // The same for all commands of a run; forgotten when many others have come since.
  DiskAllowance allowance_of(const RunId& run, const Files& files) {
    if (const auto found = allowances_.find(run); found != allowances_.end()) return found->second;
    if (allowances_.size() >= kRunsRemembered) allowances_.erase(allowances_.begin());  // ids rise with time
    return allowances_[run] = files.new_allowance();
  }

  Workspaces& workspaces_;
  Sandbox& sandbox_;
  WayOut& way_out_;
  TaintedFiles& tainted_;
  ToolSpec spec_;
  std::map<RunId, DiskAllowance> allowances_;
};

class ShellTool final : public CommandTool {
 public:
  ShellTool(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted) : CommandTool(workspaces, sandbox, way_out, tainted, shell_spec()) {}

  std::string summary(const Json& arguments) const override {
    std::string_view command = string_at(arguments, "command").value_or("");
    const bool python = command.starts_with(kPython);
    if (python) command = command.substr(kPython.size(), command.rfind("\nEND_OF_CODE") - kPython.size());
    return (python ? "python3: " : "") + one_line(command, kSummaryChars);
  }

  // The program, of a command that is one program and its words.
  std::string bound(const Json& arguments) const override {
    const std::string_view command = trim(string_at(arguments, "command").value_or(""));
    if (command.find_first_of("\n;|&`$<>(){}\\\"'*?[]!#~=") != command.npos) return "";
    return std::string(command.substr(0, command.find(' ')));
  }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    SandboxCommand command{.script = text_at(arguments, "command")};
    command.time_ms = integer_at(arguments, "timeout_s").value_or(limits::kCommandMs / 1'000) * 1'000;
    co_return co_await run_command(std::move(context), std::move(command));
  }
};

// SQL over files, by SQLite and the readers of Python's standard library, in the sandbox: what is in the files is not trusted.
class QueryTable final : public CommandTool {
 public:
  QueryTable(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted) : CommandTool(workspaces, sandbox, way_out, tainted, query_spec()) {}

  std::string summary(const Json& arguments) const override {
    const std::string_view save_as = string_at(arguments, "save_as").value_or("");
    return one_line(string_at(arguments, "query").value_or(""), kSummaryChars) + (save_as.empty() ? "" : " → " + one_line(save_as, kSummaryChars));
  }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    SandboxCommand command{.argv = {"python3", "-I", "-c", std::string(ZO_EMBEDDED_VIEW(query_table)), text_at(arguments, "save_as")}};
    command.input = text_at(arguments, "query");
    co_return co_await run_command(std::move(context), std::move(command));
  }
};

}  // namespace

void add_command_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted) {
  tools.add(std::make_unique<ShellTool>(workspaces, sandbox, way_out, tainted));
  tools.add(std::make_unique<QueryTable>(workspaces, sandbox, way_out, tainted));
}

void add_workspace_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted) {
  add_command_tools(tools, workspaces, sandbox, way_out, tainted);
  add_file_tools(tools, workspaces, tainted);
}

}  // namespace zo
