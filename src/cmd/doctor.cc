// `zo doctor`: looks at every layer and says how to mend what is broken.
#include <fmt/core.h>
#include <sys/stat.h>

#include <boost/json.hpp>

#include "async/deadline.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/checks.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/limit_book.h"
#include "cmd/local.h"
#include "cmd/serve.h"
#include "cmd/terminal.h"
#include "sandbox/sandbox.h"

namespace zo {
namespace {

using State = Finding::State;

constexpr std::int64_t kModelMs = 10'000;  // for the model's answer

std::string_view state_name(State state) {
  switch (state) {
    case State::Good: return "good";
    case State::Note: return "note";
    case State::Broken: return "broken";
  }
  return "";
}

// Prints each finding as it comes: some take a second.
class Report {
 public:
  explicit Report(bool json) : json_(json), terminal_(Terminal::detect(false)) {}

  void add(const Finding& finding) {
    any_broken_ = any_broken_ || finding.state == State::Broken;
    if (json_) write_output(as_json(finding));
    else show_output(as_line(finding));
  }
  void add_all(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) add(finding);
  }
  int exit_code() const { return any_broken_ ? 1 : 0; }

 private:
  static std::string as_json(const Finding& finding) {
    JsonObject out{{"layer", finding.layer}, {"state", state_name(finding.state)}, {"detail", finding.detail}};
    if (!finding.advice.empty()) out["try"] = finding.advice;
    return to_text(out) + "\n";
  }
  TerminalText as_line(const Finding& finding) const {
    const bool colour = terminal_.colour_output;
    const TerminalText sign = finding.state == State::Good     ? shaded("✓", Shade::Green, colour)
                             : finding.state == State::Broken ? shaded("✗", Shade::Red, colour)
                                                              : shaded("–", Shade::Yellow, colour);
    TerminalText line = sign + fmt::format(" {:<14} {}\n", finding.layer, finding.detail);
    if (!finding.advice.empty()) line += fmt::format("  {:<14} ", "") + shaded("try: " + finding.advice, Shade::Bold, colour) + "\n";
    return line;
  }

  bool json_;
  Terminal terminal_;
  bool any_broken_ = false;
};

Finding from_error(std::string layer, const Error& error) { return {std::move(layer), State::Broken, error.message, error.advice}; }

Task<void> check_sandbox(Report& report) {
  RealClock clock;
  Threads threads("doctor", 1);
  Sandbox sandbox(co_await asio::this_coro::executor, clock, threads);
  const SandboxState state = co_await sandbox.check();
  if (!state.ok) {
    report.add({"sandbox", State::Broken, state.reason, state.advice});
    co_return;
  }
  report.add({"sandbox", State::Good, "a command ran inside and saw nothing of this machine", ""});
  const Result<CommandLimits> chosen = co_await command_limits();
  const CommandLimits given = chosen.value_or(CommandLimits{});
  const std::string memory = human_size(static_cast<std::uint64_t>(given.memory_bytes));
  const std::string hard = fmt::format("{} processes, 1,024 open files and 1 GiB a file", given.processes_max);
  if (state.limits_memory_together)
    report.add({"limits", State::Good, fmt::format("hard: {} for all processes of a command together (a control group), {}", memory, hard), ""});
  else
    report.add({"limits", State::Note,
                fmt::format("soft: {} for all processes of a command together, counted ten times a second, since no control group can be made "
                            "here; hard: {} of private memory for each process, {}", memory, memory, hard),
                "systemd-run --user --scope zo serve"});
}

Task<Finding> check_database(Home home) {
  struct stat status{};
  if (::stat(home.database().c_str(), &status) != 0) co_return Finding{"database", State::Note, "none yet; the first start makes it", ""};
  const auto local = co_await open_local_home(home);
  if (!local) co_return from_error("database", local.error());
  auto question = [](Transaction& tx) -> Result<std::string> {
    const auto rows = tx.query("PRAGMA quick_check(1)");
    return rows->next() ? rows->string(0) : "";
  };
  const Result<std::string> said = co_await (*local)->store->read(std::move(question));
  if (!said) co_return from_error("database", said.error());
  if (*said != "ok")
    co_return Finding{"database", State::Broken, home.database() + ": " + *said, "copies from before each migration are in " + home.backups()};
  co_return Finding{"database", State::Good, home.database() + ", " + human_size(static_cast<std::uint64_t>(status.st_size)), ""};
}

// Really asks it, and waits for a while.
Task<Finding> ask_model(ApiClient& client, std::string name) {
  RealClock clock;
  Task<Result<Json>> asking = client.post("/api/models/test", JsonObject{{"name", name}});
  auto limited = within(clock, kModelMs, std::move(asking));
  const std::optional<Result<Json>> answer = co_await std::move(limited);
  if (!answer)
    co_return Finding{"model", State::Note, fmt::format("{} was asked and has not answered within {}", name, human_duration(kModelMs)), "zo model test " + name + " waits longer"};
  if (!*answer) co_return from_error("model", answer->error());
  const Json& said = **answer;
  if (bool_at(said, "ok").value_or(false))
    co_return Finding{"model", State::Good, fmt::format("{} answered in {}", name, human_duration(integer_at(said, "elapsed_ms").value_or(0))), ""};
  const Json* error = find(said, "error");
  const std::string advice = error != nullptr ? text_at(*error, "try") : "";
  co_return Finding{"model", State::Broken, fmt::format("{}: {}", name, error != nullptr ? text_at(*error, "message") : "no answer"), advice.empty() ? "zo model list" : advice};
}

// The embedded model says how it stands; asking it would load it.
Task<Finding> check_model(ApiClient& client, Json computer) {
  const Json* model = find(computer, "model");
  if (model == nullptr) co_return Finding{"model", State::Note, "the server does not say which model answers", ""};
  const std::string name(string_at(*model, "name").value_or("none"));
  const std::string state = text_at(*model, "state");
  const std::string detail = text_at(*model, "detail");
  if (state == "ready" && text_at(*model, "provider") != "local") co_return co_await ask_model(client, name);
  const bool usable = state == "ready" || state == "loading" || state == "stopped";
  co_return Finding{"model", usable ? State::Good : State::Broken, fmt::format("{} ({}{})", name, state, detail.empty() ? "" : ": " + detail),
          usable ? "" : "zo model list, or zo model install"};
}

// What the server that runs says of itself.
Task<void> ask_server(Home home, Report& report) {
  ApiClient client(co_await asio::this_coro::executor, {}, home);
  const Result<> health = co_await client.health();
  if (!health) {
    report.add(from_error("server", health.error()));
    co_return;
  }
  const Result<Json> computer = co_await client.get("/api/computer");
  if (!computer) {
    report.add(from_error("server", computer.error()));
    co_return;
  }
  report.add({"server", State::Good,
              fmt::format("{} (process {}, version {})", string_at(*computer, "address").value_or("answers"),
                          integer_at(*computer, "pid").value_or(0), string_at(*computer, "version").value_or("?")), ""});
  const Result<Json> conversations = co_await client.get("/api/conversations?limit=1");
  if (!conversations) report.add(from_error("database", conversations.error()));
  if (conversations) report.add({"database", State::Good, "the server reads it", ""});
  report.add(co_await check_model(client, *computer));
  report.add_all(check_workspace(home, text_at(*computer, "workspace")));
}

// Something must be able to answer.
void check_models(const Home& home, bool served, Report& report) {
  const Finding runtime = check_local_runtime(home);
  Finding weights = check_local_weights(home);
  const bool local = runtime.state == State::Good && weights.state == State::Good;
  if (!served && !local && environment_models().empty()) {
    weights.state = State::Broken;
    weights.detail += ", and no key is in the environment: no model can answer";
  }
  report.add(check_environment_models());
  report.add(runtime);
  report.add(weights);
}

Task<Result<int>> examine(const DoctorOptions& options) {
  Report report(options.json);
  ZO_CO_TRY(const Home home, open_home());
  report.add(check_home(home));
  report.add(check_disk(home));
  report.add(check_reserve(home));
  report.add(check_log_folder(home));
  const bool served = ApiClient::home_is_served(home);
  if (served) {
    co_await ask_server(home, report);
  } else {
    report.add({"server", State::Note, "none runs on this home", "zo serve; zo ask and zo chat start one by themselves"});
    report.add(check_port(ServeOptions{}.listen));
    report.add(co_await check_database(home));
    const Result<std::string> workspace = co_await find_workspace(home);
    report.add_all(workspace ? check_workspace(home, *workspace) : std::vector{from_error("workspace", workspace.error())});
  }
  co_await check_sandbox(report);
  check_models(home, served, report);
  RealClock clock;
  report.add(check_clock(clock.now()));
  report.add(check_open_files());
  co_return report.exit_code();
}

}  // namespace

int doctor(const DoctorOptions& options) {
  return run_command([&options] { return examine(options); });
}

}  // namespace zo
