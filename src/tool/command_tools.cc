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
                        {"timeout_s", whole_number(1, spec_of(Limit::CommandTimeMost).most, fmt::format("default {}", spec_of(Limit::CommandTime).usual)), false}},
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

// How a person lets a command have more, for the note on one that had too little.
std::string raised(Limit limit, std::int64_t reached) {
  const std::string advice = or_raise("", limit, reached);
  return advice.empty() ? "" : "; for the person: " + advice;
}

// What a command was given.
struct Given {
  std::int64_t time_s;
  std::int64_t time_most_s;  // that could have been asked for
  std::int64_t memory_bytes;
  DiskAllowance disk;
};

// What the output alone does not say. Empty when all went well.
std::string note_on(const SandboxOutcome& outcome, const Given& given) {
  if (outcome.end == SandboxEnd::TimedOut && given.time_s < given.time_most_s)
    return fmt::format("[stopped after {}; timeout_s may be up to {}]", human_duration(given.time_s * 1'000), given.time_most_s);
  if (outcome.end == SandboxEnd::TimedOut)
    return fmt::format("[stopped after {}, the limit{}]", human_duration(given.time_s * 1'000), raised(Limit::CommandTimeMost, given.time_most_s));
  if (outcome.end == SandboxEnd::OutputCut)
    return fmt::format("[stopped: more than {} of output]", human_size(limits::kOutputRead));
  if (outcome.end == SandboxEnd::OverDisk)
    return fmt::format("[stopped: this run may add {} to the workspace and has added more; delete what is not needed{}]", human_size(given.disk.bytes_max),
                       raised(Limit::DiskARun, static_cast<std::int64_t>(given.disk.bytes_max)));
  if (outcome.out_of_memory || outcome.end == SandboxEnd::OverMemory)
    return fmt::format("[out of memory: the limit is {}; exit code {}{}]", human_size(static_cast<std::uint64_t>(given.memory_bytes)), outcome.exit_code,
                       raised(Limit::CommandMemory, given.memory_bytes));
  if (outcome.exit_code != 0) return fmt::format("[exit code {}]", outcome.exit_code);
  return outcome.output.empty() ? "[no output]" : "";
}

// What tools share that run a command in the sandbox.
class CommandTool : public Tool {
 public:
  CommandTool(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits, ToolSpec spec)
      : workspaces_(workspaces), sandbox_(sandbox), way_out_(way_out), tainted_(tainted), limits_(limits), spec_(std::move(spec)) {}
  const ToolSpec& spec() const override { return spec_; }
  // What a command does cannot be told from its words; before it reaches the network a person is asked by that name.
  Effects effects(const Json&) const override { return {.reads = true, .writes = true}; }

 protected:
  // `time_s`: what was asked for; nothing: the person's choice.
  Task<Result<ToolOutcome>> run_command(ToolContext context, SandboxCommand command, std::optional<std::int64_t> time_s = {}) {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    command.workspace = &files.workspace();
    const Given given = given_to(context, files, time_s);
    command.time_ms = given.time_s * 1'000;
    command.memory_bytes = static_cast<std::size_t>(given.memory_bytes);
    command.processes_max = static_cast<std::size_t>(limits_.of(context.person, Limit::CommandProcesses));
    command.disk = given.disk;
    ZO_CO_TRY(const HostRunBefore before, co_await files.host_run());
    command.read_only = before.read_only;
    // It may read whatever is in the workspace.
    ZO_CO_TRY(const Taint seen, co_await tainted_.below(files, context.person, "."));
    context.taint |= seen;
    ZO_CO_TRY(TaintedFiles::Times times, co_await tainted_.before_command(files, context));
    if (!context.redactor->empty())
      command.filter = [stream = RedactedStream(context.redactor)](std::string_view bytes) mutable { return bytes.empty() ? stream.finish() : stream.push(bytes); };
    Reached reached;
    ZO_CO_TRY(command.network, network_of(context, reached));
    if (command.network && !context.idempotency_key.empty()) command.network->environment.push_back("ZO_IDEMPOTENCY_KEY=" + context.idempotency_key);
    const Result<SandboxOutcome> ended = co_await sandbox_.run(std::move(command), std::move(context.on_progress));
    std::vector<LeftFile> left = co_await files.left_since(before);
    ZO_CO_OK(co_await tainted_.after_command(files, context, std::move(times)));
    if (!ended) co_return std::unexpected(ended.error());
    const SandboxOutcome& outcome = *ended;
    std::string note = note_on(outcome, given);
    if (!reached.wanted.empty()) note += fmt::format("{}[not reached, since it is not allowed: {}]", note.empty() ? "" : "\n", join(reached.wanted, " "));
    ToolOutcome result{.ok = outcome.end == SandboxEnd::Exited && outcome.exit_code == 0,
                       .output = plain_text(outcome.output),
                       .output_bytes = outcome.output_bytes,
                       .exit_code = outcome.exit_code};
    if (!note.empty() && !result.output.empty() && !result.output.ends_with('\n')) result.output.push_back('\n');
    result.output += note;
    // One that did its work all the same did not need it.
    if (!result.ok || reached.was_answered || trim(outcome.output).empty()) result.wants = std::move(reached.wanted);
    result.left = std::move(left);
    result.seen = seen;
    if (reached.anything) result.seen |= Seen::Web;
    co_return result;
  }

 private:
  // Of the network, by one command.
  struct Reached {
    std::vector<std::string> wanted;  // and not reached
    bool anything = false;
    bool was_answered = false;        // with a refusal that a program may take for what it asked for

    void want(std::string what) {
      if (wanted.size() < kWantsMost && std::ranges::find(wanted, what) == wanted.end()) wanted.push_back(std::move(what));
    }
  };
  // `reached` outlives the command.
  Result<std::optional<SandboxNetwork>> network_of(const ToolContext& context, Reached& reached) {
    ZO_TRY(Egress egress, read_egress(context.network.words));
    WayOut::Told told;
    told.reached = [&reached] { reached.anything = true; };
    const bool is_asked = context.network.is_asked;
    if (is_asked || !egress.secrets.empty())
      told.may_use = [secrets = egress.secrets, is_asked, &reached](std::string_view name) -> Result<> {
        reached.anything = true;
        if (std::ranges::find(secrets, name) != secrets.end()) return {};
        if (is_asked) reached.want("secret:" + std::string(name));
        reached.was_answered = true;
        return fail(Code::Denied, fmt::format("the secret '{}' is not allowed for this command", one_line(name, 80)));
      };
    if (is_asked)
      told.wanted = [&reached](const std::string& host, bool tls) {
        reached.want(host);
        reached.was_answered = reached.was_answered || !tls;
      };
    return way_out_.network({.person = context.person, .run = context.run.string(), .purpose = Purpose::Sandbox}, std::move(egress), std::move(told));
  }

  Given given_to(const ToolContext& context, const Files& files, std::optional<std::int64_t> time_s) {
    const auto most = [&](Limit limit) { return limits_.of(context.person, limit); };
    const std::int64_t time_most_s = most(Limit::CommandTimeMost);
    return {std::min(time_s.value_or(most(Limit::CommandTime)), time_most_s), time_most_s, most(Limit::CommandMemory),
            allowance_of(context.run, files, limits_.chosen(context.person, Limit::DiskARun))};
  }
  // The same for all commands of a run; forgotten when many others have come since.
  DiskAllowance allowance_of(const RunId& run, const Files& files, std::optional<std::int64_t> bytes_max) {
    if (const auto found = allowances_.find(run); found != allowances_.end()) return found->second;
    if (allowances_.size() >= kRunsRemembered) allowances_.erase(allowances_.begin());  // ids rise with time
    return allowances_[run] = files.new_allowance(bytes_max);
  }

  Workspaces& workspaces_;
  Sandbox& sandbox_;
  WayOut& way_out_;
  TaintedFiles& tainted_;
  const Limits& limits_;
  ToolSpec spec_;
  std::map<RunId, DiskAllowance> allowances_;
};

class ShellTool final : public CommandTool {
 public:
  ShellTool(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits)
      : CommandTool(workspaces, sandbox, way_out, tainted, limits, shell_spec()) {}

  std::string summary(const Json& arguments) const override {
    std::string_view command = string_at(arguments, "command").value_or("");
    const bool python = command.starts_with(kPython);
    if (python) command = command.substr(kPython.size(), command.rfind("\nEND_OF_CODE") - kPython.size());
    return (python ? "python3: " : "") + one_line(command, kSummaryChars);
  }

  // The program, of a command that is one program and its words.
  std::string bound(const PersonId&, const Json& arguments) const override {
    const std::string_view command = trim(string_at(arguments, "command").value_or(""));
    if (command.find_first_of("\n;|&`$<>(){}\\\"'*?[]!#~=") != command.npos) return "";
    return std::string(command.substr(0, command.find(' ')));
  }

  bool may_reach() const override { return true; }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    SandboxCommand command{.script = text_at(arguments, "command")};
    co_return co_await run_command(std::move(context), std::move(command), integer_at(arguments, "timeout_s"));
  }
};

// SQL over files, by SQLite and the readers of Python's standard library, in the sandbox: what is in the files is not trusted.
class QueryTable final : public CommandTool {
 public:
  QueryTable(Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits)
      : CommandTool(workspaces, sandbox, way_out, tainted, limits, query_spec()) {}

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

void add_command_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits) {
  tools.add(std::make_unique<ShellTool>(workspaces, sandbox, way_out, tainted, limits));
  tools.add(std::make_unique<QueryTable>(workspaces, sandbox, way_out, tainted, limits));
}

void add_workspace_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits) {
  add_command_tools(tools, workspaces, sandbox, way_out, tainted, limits);
  add_file_tools(tools, workspaces, tainted);
}

}  // namespace zo
