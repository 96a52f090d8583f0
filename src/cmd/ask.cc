// `zo ask`: one question, its answer on standard output.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>

#include "api/wire/records.h"
#include "async/scope.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/run_printer.h"
#include "cmd/start.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr int kFailed = 1;
constexpr int kInterrupted = 130;

struct Ask {
  const AskOptions& options;
  Terminal terminal;
  std::unique_ptr<ApiClient> client;
  std::string conversation_id;
  std::string run_id;      // set once the server works
  std::int64_t after = 0;  // event of the run after which our message's part begins
  Story story;
  bool interrupted = false;
};

Result<std::string> read_input() {
  std::string text;
  std::array<char, 64 * limits::KiB> bytes{};
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_fail(errno, "cannot read standard input");
    if (count == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > limits::kInputBytes) {
      return fail(Code::Exhausted, "standard input is larger than " + human_size(limits::kInputBytes) + ", the limit of a message",
                  "zo ask --file PATH");
    }
  }
}

// The words, with standard input in the place of "-"; standard input alone when there are no words and it is no terminal.
Result<std::string> question(const AskOptions& options, const Terminal& terminal) {
  std::string text;
  for (const std::string& word : options.words) {
    if (word != "-") {
      text += (text.empty() || text.ends_with('\n') ? "" : " ") + word;
      continue;
    }
    ZO_TRY(const std::string input, read_input());
    text += (text.empty() ? "" : "\n\n") + input;
  }
  if (options.words.empty() && !terminal.input) {
    ZO_TRY(text, read_input());
  }
  if (!is_valid_utf8(text)) return fail(Code::Invalid, "the question is not UTF-8 text", "zo ask --file PATH");
  if (trim(text).empty()) return fail(Code::Invalid, "there is no question", "zo ask \"what is the sha256 of notes.txt?\"");
  return std::string(trim(text));
}

// A file that is in the workspace of this machine already is attached where it lies.
Task<Result<std::string>> place_in_workspace(ApiClient& client, std::string file) {
  if (!client.is_on_this_machine()) co_return std::string();
  ZO_CO_TRY(const Json computer, co_await client.get("/api/computer"));
  std::error_code failure;
  const auto root = std::filesystem::canonical(text_at(computer, "workspace"), failure);
  const auto path = std::filesystem::canonical(file, failure);
  if (failure) co_return std::string();
  const auto relative = path.lexically_relative(root);
  const bool inside = !relative.empty() && *relative.begin() != ".." && relative != ".";
  co_return inside ? relative.string() : std::string();
}

Task<Result<std::string>> attach(ApiClient& client, std::string file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) co_return os_fail(errno, "cannot attach " + file);
  if (!S_ISREG(status.st_mode)) co_return fail(Code::Invalid, "cannot attach " + file + ": it is not a file");
  ZO_CO_TRY(std::string place, co_await place_in_workspace(client, file));
  if (!place.empty()) co_return place;
  ZO_CO_TRY(std::string bytes, load_file(file, limits::kUploadBytes));
  const std::string name = std::filesystem::path(file).filename().string();
  const std::string path = with_query("/api/files/content", {{"path", name}});
  ZO_CO_TRY(const Json stored, co_await client.upload(path, std::move(bytes)));
  co_return std::string(string_at(stored, "path").value_or(name));
}

Task<Result<>> send(Ask& ask, std::string text) {
  JsonArray files;
  for (const std::string& file : ask.options.files) {
    ZO_CO_TRY(const std::string place, co_await attach(*ask.client, file));
    files.emplace_back(place);
  }
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
  const Error error = end.error.value_or(
      end.state == RunState::Cancelled ? Error{Code::Cancelled, "the run was stopped by someone else", ""}
                               : Error{Code::Internal, "the run ended as " + std::string(run_state_name(end.state)), "zo runs show " + ask.run_id});
  print_error(error);
  if (end.state == RunState::Limited) return exit_code(Code::Exhausted);
  // "Cannot reach the server" is about ZoClone: a provider that is down is a run that failed.
  return error.code == Code::Unavailable ? kFailed : exit_code(error.code);
}

Task<Result<int>> watch_run(Ask& ask, RunPrinter& printer) {
  Run run;
  const EventReader reader = [&ask, &printer, &run](const FeedEvent<RunEvent>& event) {
    printer.show(ask.story.take(event));
    printer.tick(ask.story);
    if (const auto* finished = std::get_if<event::RunFinished>(&event.what)) run = *finished->run;
    return true;
  };
  const Result<std::string> reason = co_await ask.client->follow(ask.run_id, ask.after, reader);
  printer.finish(ask.story);
  if (!reason) co_return std::unexpected(reason.error());
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
