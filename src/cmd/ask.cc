// `zo ask`: one question, its answer on standard output.
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "api/wire/records.h"
#include "async/scope.h"
#include "base/text.h"
#include "cmd/approvals.h"
#include "cmd/attach.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/run_printer.h"
#include "cmd/start.h"
#include "cmd/table.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr int kFailed = 1;
constexpr int kInterrupted = 130;
constexpr int kSilenceMs = 2'000;  // of standard input, before it is said that it is waited for

struct Ask {
  const AskOptions& options;
  Terminal terminal;
  std::unique_ptr<ApiClient> client;
  std::string conversation_id;
  std::string run_id;      // set once the server works
  std::int64_t after = 0;  // event of the run after which our message's part begins
  Story story;
  std::atomic<bool> interrupted = false;
};

// Reads as much as a message may have, and says on a terminal that it waits, where nothing comes for a while.
Result<std::string> read_input(const Terminal& terminal) {
  std::string text;
  std::array<char, 64 * limits::KiB> bytes{};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, kSilenceMs) == 0) print_note(terminal, "waiting for standard input to end; </dev/null leaves it out");
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_fail(errno, "cannot read standard input");
    if (count == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > limits::kInputBytes)
      return fail(Code::Exhausted, "standard input is larger than " + human_size(limits::kInputBytes) + ", the limit of a message",
                  "zo ask --file PATH");
    if (text.find('\0') != text.npos)
      return fail(Code::Invalid, "standard input is binary: it has a NUL byte, and a message is text", "save it and zo ask --file PATH");
  }
}

Result<std::string> read_text(const Terminal& terminal) {
  ZO_TRY(std::string text, read_input(terminal));
  if (!is_valid_utf8(text))
    return fail(Code::Invalid, "standard input is not UTF-8 text", "iconv -f latin1 -t utf-8, or save it and zo ask --file PATH");
  return text;
}

// A pipe or a file was put there on purpose; what cron, systemd and </dev/null give is neither.
bool input_is_given() {
  struct stat status{};
  return ::fstat(STDIN_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode));
}

// The words, with standard input in the place of "-". Without a "-" what is piped comes behind the words; without words it is the
// question.
Result<std::string> question(const AskOptions& options, const Terminal& terminal) {
  std::string text;
  bool read = false;
  for (const std::string& word : options.words) {
    if (word != "-") {
      text += (text.empty() || text.ends_with('\n') ? "" : " ") + word;
      continue;
    }
    ZO_TRY(const std::string input, read_text(terminal));
    text += (text.empty() ? "" : "\n\n") + input;
    read = true;
  }
  if (!read && (options.words.empty() ? !terminal.input : input_is_given())) {
    ZO_TRY(const std::string input, read_text(terminal));
    if (!trim(input).empty()) text += (text.empty() ? "" : "\n\n") + input;
  }
  if (!is_valid_utf8(text)) return fail(Code::Invalid, "the question is not UTF-8 text", "zo ask --file PATH");
  if (trim(text).empty()) return fail(Code::Invalid, "there is no question", "zo ask \"what is the sha256 of notes.txt?\"");
  if (text.size() > limits::kInputBytes)
    return fail(Code::Exhausted, "the question with what was piped is larger than " + human_size(limits::kInputBytes) + ", the limit of a message",
                "zo ask --file PATH");
  return std::string(trim(text));
}

Task<Result<>> send(Ask& ask, std::string text) {
  ZO_CO_TRY(JsonArray files, co_await attach_all(*ask.client, ask.options.files));
  ask.conversation_id = ask.options.conversation;
  if (ask.conversation_id.empty()) {
    ZO_CO_TRY(const Json made, co_await ask.client->post("/api/conversations", JsonObject{}));
    ask.conversation_id = string_at(made, "id").value_or("");
  }
  JsonObject body{{"text", text}};
  if (!files.empty()) body["files"] = std::move(files);
  if (!ask.options.model.empty()) body["model"] = ask.options.model;
  const std::string path = "/api/conversations/" + percent_encode(ask.conversation_id) + "/messages";
  const Result<Json> posted = co_await ask.client->post(path, std::move(body));
  if (!posted && ask.options.conversation.empty()) {
    // Nothing was said in the conversation that was just made; should it stay, that is no harm.
    (void)co_await ask.client->remove("/api/conversations/" + percent_encode(ask.conversation_id));
  }
  ZO_CO_TRY(const Json accepted, posted);
  const Json* run = find(accepted, "run");
  const Json* message = find(accepted, "message");
  if (run == nullptr || message == nullptr) co_return fail(Code::Internal, ask.client->name() + " did not say which run answers");
  ask.run_id = string_at(*run, "id").value_or("");
  if (ask.terminal.errors) print_note(ask.terminal, std::string(string_at(*run, "model").value_or("a model")) + " answers");
  if (string_at(*message, "state") == "queued") {
    ask.after = integer_at(*run, "last_event").value_or(0);
    ask.story = Story(MessageId::stored(string_at(*message, "id").value_or("")));
    print_note(ask.terminal, "a run works in this conversation; the message waits for its next step");
  }
  co_return Result<>{};
}

Task<void> stop_run(Ask& ask) {
  const Result<Json> stopped = co_await ask.client->post("/api/runs/" + ask.run_id + "/cancel", JsonObject{});
  if (!stopped) print_error(stopped.error());
}

// The first Ctrl-C stops the run and shows how it ends; the second leaves at once.
Task<void> watch_interrupts(Ask& ask, RunPrinter& printer, Scope& scope) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT);
  for (;;) {
    auto waiting = signals.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
    if (ask.interrupted || ask.run_id.empty()) std::_Exit(kInterrupted);
    ask.interrupted = true;
    printer.note("stopping");
    scope.spawn("stopping the run", stop_run(ask));
  }
}

Task<void> animate(const Ask& ask, RunPrinter& printer) {
  RealClock clock;
  for (;;) {
    printer.tick(ask.story);
    co_await clock.sleep_for(kStatusFrameMs);
  }
}

void print_json(const Ask& ask, const Run& run) {
  JsonObject out{{"answer", ask.story.answer()},
                 {"conversation_id", ask.conversation_id},
                 {"run_id", ask.run_id},
                 {"state", run_state_name(ask.story.end()->state)},
                 {"left", to_json(ask.story.left())}};
  const JsonObject ended = to_json(run);
  for (const char* name : {"model", "step", "usage", "error"})
    if (const Json* value = find(ended, name)) out[name] = *value;
  write_output(to_text(out) + "\n");
}

int outcome(const Ask& ask) {
  const StoryEnd& end = *ask.story.end();
  if (end.state == RunState::Done) return 0;
  if (ask.interrupted) return kInterrupted;
  if (end.state == RunState::Waiting) return exit_code(Code::Denied);
  const Error error = end.error.value_or(
      end.state == RunState::Cancelled ? Error{Code::Cancelled, "the run was stopped by someone else", ""}
                               : Error{Code::Internal, "the run ended as " + std::string(run_state_name(end.state)), "zo runs show " + ask.run_id});
  print_error(error);
  if (end.state == RunState::Limited) return exit_code(Code::Exhausted);
  // "Cannot reach the server" is about ZoClone: a provider that is down is a run that failed.
  return error.code == Code::Unavailable ? kFailed : exit_code(error.code);
}

constexpr std::int64_t kGoesOnMs = 200;

// What the run asks, answered on this terminal; elsewhere it is said how. False: it waits on.
Task<Result<bool>> answer_here(Ask& ask) {
  ZO_CO_TRY(const JsonArray asked, co_await asked_by_run(*ask.client, ask.run_id));
  const bool here = ask.terminal.input && ask.terminal.errors && !ask.options.json && ask.client->is_on_this_machine();
  for (const Json& one : asked) {
    const std::string id = text_at(one, "id");
    if (!here) {
      print_error({Code::Denied, text_at(one, "question"), fmt::format("zo approvals allow {}, or refuse; it waits until {}", id, local_time(text_at(one, "expires_at")))});
      continue;
    }
    ZO_CO_TRY(const std::optional<SaidToAsk> said, co_await ask_person(one, ask.interrupted));
    if (!said) break;
    const Result<Json> answered = co_await answer_approval(*ask.client, one, *said);
    // Conflict: it was answered elsewhere meanwhile, or its run has ended.
    if (!answered && answered.error().code != Code::Conflict) co_return std::unexpected(answered.error());
    if (!answered) print_note(ask.terminal, answered.error().message);
  }
  ask.after = ask.story.last_number();
  if (asked.empty()) {  // answered elsewhere: it is about to go on
    RealClock clock;
    co_await clock.sleep_for(kGoesOnMs);
  }
  co_return here || asked.empty();
}

Task<Result<int>> watch_run(Ask& ask, RunPrinter& printer) {
  Run run;
  const EventReader reader = [&ask, &printer, &run](const FeedEvent<RunEvent>& event) {
    printer.show(ask.story.take(event));
    printer.tick(ask.story);
    if (const auto* finished = std::get_if<event::RunFinished>(&event.what)) run = *finished->run;
    if (const auto* waiting = std::get_if<event::RunWaiting>(&event.what)) run = *waiting->run;
    return true;
  };
  for (bool goes_on = true; goes_on;) {
    const Result<std::string> reason = co_await ask.client->follow(ask.run_id, ask.after, reader);
    const bool waits = ask.story.end() && ask.story.end()->state == RunState::Waiting;
    if (waits) printer.pause();
    else printer.finish(ask.story);
    if (!reason) co_return std::unexpected(reason.error());
    goes_on = waits && !ask.interrupted;
    if (!goes_on) break;
    ZO_CO_TRY(goes_on, co_await answer_here(ask));
  }
  if (!ask.story.end()) co_return fail(Code::Internal, "the run " + ask.run_id + " did not say how it ended", "zo runs show " + ask.run_id);
  if (ask.options.json) print_json(ask, run);
  co_return outcome(ask);
}

RunPrinter::Answer answer_mode(const AskOptions& options) {
  if (options.json) return RunPrinter::Answer::Never;
  return options.quiet ? RunPrinter::Answer::AtTheEnd : RunPrinter::Answer::AsItComes;
}

Task<Result<int>> ask_and_watch(Ask& ask, RunPrinter& printer, std::string text) {
  ZO_CO_TRY(ask.client, co_await reach_server(ask.options.server, ask.terminal));
  ZO_CO_OK(co_await send(ask, std::move(text)));
  co_return co_await watch_run(ask, printer);
}

Task<Result<int>> ask_in_frame(const AskOptions& options) {
  Ask ask{.options = options, .terminal = Terminal::detect(options.quiet)};
  ZO_CO_OK(check_attachments(options.files));
  ZO_CO_TRY(std::string text, question(options, ask.terminal));
  RunPrinter printer(ask.terminal, answer_mode(options));
  Scope scope(co_await asio::this_coro::executor);
  scope.spawn("interrupts", watch_interrupts(ask, printer, scope));
  if (ask.terminal.can_animate()) scope.spawn("status line", animate(ask, printer));
  Result<int> code = co_await ask_and_watch(ask, printer, std::move(text));
  co_await scope.stop();
  co_return code;
}

}  // namespace

int ask(const AskOptions& options) {
  return run_command([&options] { return ask_in_frame(options); });
}

}  // namespace zo
