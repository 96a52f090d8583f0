// `zo chat`: a conversation on the terminal.
#include <fmt/core.h>

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>

#include "async/pipe.h"
#include "base/text.h"
#include "cmd/approvals.h"
#include "cmd/attach.h"
#include "cmd/chat_terminal.h"
#include "cmd/chat_words.h"
#include "cmd/commands.h"
#include "cmd/folder_table.h"
#include "cmd/frame.h"
#include "cmd/model_words.h"
#include "cmd/start.h"
#include "cmd/story.h"
#include "cmd/table.h"

namespace zo {
namespace {

constexpr std::size_t kQuestionChars = 200;   // of what was said last, shown to who comes back
constexpr std::size_t kAnswerBytes = 2'000;
constexpr std::size_t kInputsWaiting = 256;  // lines typed ahead; more are refused

// A model's name stands in a path with its slashes.
std::string model_path(std::string_view name) {
  std::string path = "/v1/models";
  for (const std::string_view part : split(name, '/')) path += "/" + percent_encode(part);
  return path;
}

class Chat {
 public:
  Chat(const Executor& executor, const ChatOptions& options, std::unique_ptr<ApiClient> client, const Terminal& terminal, const Home& home)
      : options_(options), client_(std::move(client)), terminal_(terminal), scope_(executor), inputs_(executor, kInputsWaiting),
        screen_(executor, terminal, home.folder + "/history", [this](ChatInput input) { take(std::move(input)); }) {}

  Task<Result<int>> converse();

 private:
  void take(ChatInput input) {
    if (!inputs_.try_push(std::move(input))) note("too many lines at once; the last was not taken");
  }
  void note(std::string_view text) { screen_.show_lines(shaded(text, Shade::Dim, terminal_.colour_output) + "\n"); }
  void complain(const Error& error);
  Task<Result<>> greet();
  Task<Result<std::string>> conversation_begun();
  Task<Result<>> show_last();
  Task<void> watch_interrupts();
  Task<bool> handle(ChatInput input);
  bool interrupted();
  Task<void> stop_now();
  Task<Result<>> obey(std::string_view command, std::string rest);
  Task<Result<>> say(std::string text);
  Task<Result<>> stop();
  Task<Result<>> choose_model(std::string name);
  Result<> attach(const std::string& file);
  void show_help();
  Task<Result<>> show_models();
  Task<Result<>> show_files(std::string folder);
  Task<Result<>> show_runs();
  void begin_anew();
  void follow(std::string run_id);
  Task<void> follow_waiting();
  Task<void> follow_one();
  void show_piece(const StoryPiece& piece);
  Task<void> show_asked();
  Task<Result<>> answer(SaidToAsk said);

  const ChatOptions& options_;
  std::unique_ptr<ApiClient> client_;
  const Terminal& terminal_;
  Scope scope_;
  Pipe<ChatInput> inputs_;
  std::string conversation_id_;  // empty until something has been said
  std::vector<std::string> attached_;  // files of this machine that go along with the next message
  std::string model_;            // wanted for a conversation that is not there yet
  std::deque<std::string> waiting_runs_;
  std::string run_id_;  // of the run that is being followed
  std::deque<Json> asked_;   // by the run that waits
  std::string waited_run_;   // that was followed until it waited, and up to which event
  std::int64_t waited_at_ = 0;
  Scope::Child follower_;
  Story story_;
  std::string own_words_;  // said last: they stand on the screen already
  int interrupts_ = 0;     // since the last line
  ChatTerminal screen_;
};

void Chat::complain(const Error& error) {
  screen_.show_lines(error_text(error, terminal_.colour_output));
}

Task<Result<>> Chat::greet() {
  if (!options_.model.empty()) ZO_CO_OK(co_await client_->get(model_path(options_.model)));
  ZO_CO_TRY(const Json computer, co_await client_->get("/api/computer"));
  const Json* model = find(computer, "model");
  const std::string answers = !options_.model.empty() ? options_.model : model != nullptr ? text_at(*model, "name") : "";
  note(fmt::format("ZoClone · {} · {}", answers.empty() ? "no model yet" : answers, text_at(computer, "workspace")));
  note("/help says what can be typed. Ctrl-C stops a run, twice leaves.");
  model_ = options_.model;
  ZO_CO_TRY(const std::string begun, co_await conversation_begun());
  if (begun.empty()) co_return Result<>{};
  ZO_CO_TRY(const Json conversation, co_await client_->get("/api/conversations/" + percent_encode(begun)));
  conversation_id_ = text_at(conversation, "id");
  if (const std::string title = text_at(conversation, "title"); !title.empty()) note("Conversation: " + title);
  ZO_CO_OK(co_await show_last());
  if (!model_.empty()) ZO_CO_OK(co_await choose_model(model_));
  if (const std::string active = text_at(conversation, "active_run_id"); !active.empty()) follow(active);
  co_return Result<>{};
}

// Empty: a new one.
Task<Result<std::string>> Chat::conversation_begun() {
  if (!options_.goes_on) co_return options_.conversation;
  ZO_CO_TRY(const Json newest, co_await client_->get("/api/conversations?limit=1"));
  const JsonArray* items = array_at(newest, "items");
  if (items != nullptr && !items->empty()) co_return text_at(items->front(), "id");
  note("there is no conversation to go on with yet; this is a new one");
  co_return std::string();
}

// Where the conversation stands: the last question, and what was answered.
Task<Result<>> Chat::show_last() {
  std::vector<std::pair<std::string, std::string>> parameters{{"limit", std::to_string(limits::kPageItems)}};
  ZO_CO_TRY(const JsonArray messages, co_await client_->list("/api/conversations/" + conversation_id_ + "/messages", std::move(parameters)));
  std::string question;
  std::string answer;
  for (const Json& message : messages) {
    if (string_at(message, "state") != "placed") continue;
    const std::string text = text_at(message, "text");
    if (string_at(message, "role") == "user") question = text;
    if (string_at(message, "role") == "user") answer.clear();
    else if (!text.empty()) answer = text;
  }
  if (!question.empty()) screen_.show_lines(shaded("› " + one_line(question, kQuestionChars), Shade::Bold, terminal_.colour_output) + "\n");
  const std::string_view shown = utf8_prefix(answer, kAnswerBytes);
  if (!answer.empty()) screen_.show_lines(std::string(shown) + (shown.size() < answer.size() ? " …" : "") + "\n");
  co_return Result<>{};
}

Task<Result<int>> Chat::converse() {
  scope_.spawn("interrupts", watch_interrupts());
  const Result<> greeted = co_await greet();
  bool stays = greeted.has_value();
  while (stays) {
    std::optional<ChatInput> input = co_await inputs_.next();
    stays = input && co_await handle(std::move(*input));
  }
  if (!run_id_.empty()) note("The run goes on: zo runs show " + run_id_);
  if (!conversation_id_.empty()) note("To come back: zo chat --conversation " + conversation_id_);
  co_await scope_.stop();
  if (!greeted) co_return std::unexpected(greeted.error());
  co_return 0;
}

Task<void> Chat::watch_interrupts() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT);
  for (;;) {
    auto waiting = signals.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
    screen_.interrupt();
  }
}

// False: the person leaves.
Task<bool> Chat::handle(ChatInput input) {
  if (input.kind == ChatInput::Kind::End) co_return false;
  if (input.kind == ChatInput::Kind::Interrupt) co_return interrupted();
  interrupts_ = 0;
  ChatLine line = read_chat_line(input.line);
  if (line.command == "/quit") co_return false;
  if (!line.error.empty()) {
    note(line.error);
  } else {
    Task<Result<>> work = line.command.empty() ? say(std::move(line.rest)) : obey(line.command, std::move(line.rest));
    const Result<> done = co_await std::move(work);
    if (!done) complain(done.error());
  }
  screen_.set_busy(!run_id_.empty());
  co_return true;
}

bool Chat::interrupted() {
  if (++interrupts_ > 1) return false;
  if (run_id_.empty()) {
    note("Ctrl-C again leaves.");
    return true;
  }
  note("stopping; Ctrl-C again leaves");
  scope_.spawn("stopping the run", stop_now());
  return true;
}

// Beside the input, so that a second Ctrl-C is taken while the server has not answered.
Task<void> Chat::stop_now() {
  const Result<> stopped = co_await stop();
  if (!stopped) complain(stopped.error());
}

Task<Result<>> Chat::obey(std::string_view command, std::string rest) {
  if (command == "/new") begin_anew();
  if (command == "/model" && rest.empty()) co_return co_await show_models();
  if (command == "/model") co_return co_await choose_model(std::move(rest));
  if (command == "/files") co_return co_await show_files(std::move(rest));
  if (command == "/runs") co_return co_await show_runs();
  if (command == "/stop") co_return co_await stop();
  if (command == "/attach") co_return attach(rest);
  if (command == "/allow") co_return co_await answer({.yes = true});
  if (command == "/always") co_return co_await answer({.yes = true, .always = true});
  if (command == "/refuse") co_return co_await answer({.note = std::move(rest)});
  if (command == "/help") show_help();
  co_return Result<>{};
}

void Chat::show_help() {
  for (const ChatCommand& one : chat_commands()) screen_.show_lines(fmt::format("{:<8} {}\n", one.name, one.does));
  screen_.show_lines("Alt-Enter, or \\ at the end of a line, begins another line; a paste is one message.\n");
}

Result<> Chat::attach(const std::string& file) {
  const char* home = std::getenv("HOME");
  std::vector<std::string> wanted = file == "-" ? std::vector<std::string>{} : attached_;
  if (!file.empty() && file != "-") wanted.push_back(file.starts_with("~/") && home != nullptr ? home + file.substr(1) : file);
  ZO_OK(check_attachments(wanted));
  attached_ = std::move(wanted);
  note(attached_.empty() ? "nothing is attached; /attach PATH attaches a file of this machine" : "with the next message: " + join(attached_, ", "));
  return {};
}

Task<Result<>> Chat::say(std::string text) {
  // A file that has gone meanwhile is not attached to the message after this one either.
  Result<JsonArray> files = co_await attach_all(*client_, attached_);
  if (!files) {
    attached_.clear();
    co_return fail(files.error().code, files.error().message + "; the message was not sent, and nothing is attached now", files.error().advice);
  }
  if (conversation_id_.empty()) {
    JsonObject wanted;
    if (!model_.empty()) wanted["model"] = model_;
    ZO_CO_TRY(const Json made, co_await client_->post("/api/conversations", std::move(wanted)));
    conversation_id_ = text_at(made, "id");
  }
  const std::string path = "/api/conversations/" + conversation_id_ + "/messages";
  JsonObject body{{"text", text}};
  if (!attached_.empty()) body["files"] = *std::move(files);
  ZO_CO_TRY(const Json accepted, co_await client_->post(path, std::move(body)));
  attached_.clear();
  const Json* message = find(accepted, "message");
  const Json* run = find(accepted, "run");
  if (run == nullptr) co_return fail(Code::Internal, client_->name() + " did not say which run answers");
  if (message != nullptr && string_at(*message, "state") == "queued") {
    note("queued; it is taken in at the next step");
  } else {
    own_words_ = std::move(text);
  }
  follow(text_at(*run, "id"));
  co_return Result<>{};
}

void Chat::begin_anew() {
  if (!run_id_.empty()) note("The run goes on: zo runs show " + run_id_);
  follower_.cancel();
  waiting_runs_.clear();
  asked_.clear();
  run_id_.clear();
  conversation_id_.clear();
  screen_.set_doing({});
  note("a new conversation");
}

void Chat::follow(std::string run_id) {
  if (run_id == run_id_) return;
  waiting_runs_.push_back(std::move(run_id));
  if (!run_id_.empty()) return;
  run_id_ = waiting_runs_.front();
  screen_.set_busy(true);
  follower_ = scope_.spawn("following a run", follow_waiting());
}

Task<void> Chat::follow_waiting() {
  while (!waiting_runs_.empty()) {
    run_id_ = std::move(waiting_runs_.front());
    waiting_runs_.pop_front();
    co_await follow_one();
  }
  run_id_.clear();
  screen_.set_busy(false);
}

Task<void> Chat::follow_one() {
  story_ = Story();
  screen_.set_doing("thinking");
  const EventReader reader = [this](const FeedEvent<RunEvent>& event) {
    for (const StoryPiece& piece : story_.take(event)) show_piece(piece);
    screen_.set_doing(story_.doing());
    return true;
  };
  const Result<std::string> reason = co_await client_->follow(run_id_, run_id_ == waited_run_ ? waited_at_ : 0, reader);
  screen_.set_doing({});
  if (!reason) complain(reason.error());
  if (story_.end() && story_.end()->state == RunState::Waiting) co_await show_asked();
  if (const std::optional<StoryEnd>& end = story_.end()) {
    if (end->error) complain(*end->error);
    if (end->state == RunState::Cancelled) note("stopped");
  }
  screen_.show_text("\n");
}

Task<void> Chat::show_asked() {
  const Result<JsonArray> asked = co_await asked_by_run(*client_, run_id_);
  if (!asked) co_return complain(asked.error());
  waited_run_ = run_id_;
  waited_at_ = story_.last_number();
  asked_.clear();
  for (const Json& one : *asked) {
    asked_.push_back(one);
    note(approval_text(one));
  }
  if (!asked_.empty()) note(text_at(asked_.front(), "always").empty() ? "/allow, or /refuse WHY" : "/allow, /always, or /refuse WHY");
}

// The oldest question; after the last one the run is followed again, from where it began to wait.
Task<Result<>> Chat::answer(SaidToAsk said) {
  if (asked_.empty()) {
    note("nothing is asked now");
    co_return Result<>{};
  }
  const Json asked = asked_.front();
  const Result<Json> answered = co_await answer_approval(*client_, asked, std::move(said));
  // Conflict: somebody else has answered it.
  if (!answered && answered.error().code != Code::Conflict) co_return std::unexpected(answered.error());
  if (!asked_.empty() && text_at(asked_.front(), "id") == text_at(asked, "id")) asked_.pop_front();
  note(answered ? fmt::format("{}: {}", text_at(*answered, "state"), text_at(*answered, "question")) : answered.error().message);
  if (asked_.empty()) follow(text_at(asked, "run_id"));
  co_return Result<>{};
}

void Chat::show_piece(const StoryPiece& piece) {
  const bool colour = terminal_.colour_output;
  const std::string& text = piece.text;
  switch (piece.kind) {
    case StoryPiece::Kind::Answer: screen_.show_text(text); break;
    case StoryPiece::Kind::Tool: screen_.show_lines(shaded("▸ " + text, Shade::Dim, colour) + "\n"); break;
    case StoryPiece::Kind::Note:
    case StoryPiece::Kind::Hint: note(text); break;
    case StoryPiece::Kind::Change: break;
    case StoryPiece::Kind::Person:
      if (piece.text != std::exchange(own_words_, {})) screen_.show_lines(shaded("› " + text, Shade::Bold, colour) + "\n");
      break;
    case StoryPiece::Kind::Progress:
      if (!terminal_.can_animate()) note(text);
      break;
  }
}

Task<Result<>> Chat::stop() {
  if (run_id_.empty()) {
    note("nothing works now");
    co_return Result<>{};
  }
  const Result<Json> stopped = co_await client_->post("/api/runs/" + run_id_ + "/cancel", JsonObject{});
  co_return stopped ? Result<>{} : std::unexpected(stopped.error());
}

Task<Result<>> Chat::choose_model(std::string name) {
  if (conversation_id_.empty()) {
    ZO_CO_OK(co_await client_->get(model_path(name)));
  } else {
    ZO_CO_OK(co_await client_->patch("/api/conversations/" + conversation_id_, JsonObject{{"model", name}}));
  }
  note(name + " answers in this conversation from the next message on");
  model_ = std::move(name);
  co_return Result<>{};
}

Task<Result<>> Chat::show_models() {
  ZO_CO_TRY(const Json models, co_await client_->get("/api/models"));
  const std::string current = model_.empty() ? text_at(models, "current") : model_;
  Table table{{"", "NAME", "STATE", "LABEL"}, {}};
  if (const JsonArray* items = array_at(models, "items"))
    for (const Json& model : *items)
      table.rows.push_back({text_at(model, "name") == current ? "*" : "", text_at(model, "name"), model_state_words(model), text_at(model, "label")});
  screen_.show_lines(to_text(table, terminal_, "no models; zo model install fetches one"));
  co_return Result<>{};
}

Task<Result<>> Chat::show_files(std::string folder) {
  const std::string path = with_query("/api/files", {{"path", folder}});
  ZO_CO_TRY(const Json listing, co_await client_->get(path));
  screen_.show_lines(to_text(folder_table(listing, terminal_), terminal_, "the folder is empty"));
  co_return Result<>{};
}

Task<Result<>> Chat::show_runs() {
  if (conversation_id_.empty()) {
    note("no runs yet");
    co_return Result<>{};
  }
  std::vector<std::pair<std::string, std::string>> parameters{{"conversation_id", conversation_id_}};
  ZO_CO_TRY(const JsonArray runs, co_await client_->list("/api/runs", std::move(parameters)));
  Table table{{"ID", "STATE", "STARTED", "STEPS"}, {}};
  for (const Json& run : runs)
    table.rows.push_back({text_at(run, "id"), text_at(run, "state"), local_time(text_at(run, "created_at")),
                          std::to_string(integer_at(run, "step").value_or(0))});
  screen_.show_lines(to_text(table, terminal_, "no runs yet"));
  co_return Result<>{};
}

Task<Result<int>> chat_in_frame(const ChatOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  if (!terminal.input || !terminal.output)
    co_return fail(Code::Invalid, "zo chat needs a terminal, and standard input or output is none", "zo ask \"…\", which works in pipes");
  ZO_CO_TRY(const Home home, open_home());
  ZO_CO_TRY(std::unique_ptr<ApiClient> client, co_await reach_server(options.server, terminal));
  Chat chat(co_await asio::this_coro::executor, options, std::move(client), terminal, home);
  co_return co_await chat.converse();
}

}  // namespace

int chat(const ChatOptions& options) {
  return run_command([&options] { return chat_in_frame(options); });
}

}  // namespace zo
