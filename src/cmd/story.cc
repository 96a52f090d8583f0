#include "cmd/story.h"

#include <fmt/core.h>

#include "base/shown.h"
#include "base/text.h"
#include "base/time.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryBytes = 120;
constexpr std::size_t kProgressBytes = 80;
constexpr std::size_t kPathBytes = 1024;

std::string call_title(const ToolCall& call) {
  const std::string summary = one_line(call.summary, kSummaryBytes);
  return call.name + (summary.empty() ? "" : "  " + summary);
}

std::string call_outcome(const ToolCall& call) {
  if (call.state == CallState::Ok) return "✓";
  if (call.state == CallState::Cancelled) return "■ stopped";
  if (call.state == CallState::Refused) return "■ refused";
  if (call.state == CallState::Unknown) return "? outcome unknown";
  return call.exit_code ? fmt::format("✗ exit {}", *call.exit_code) : "✗ failed";
}

std::string last_line(std::string_view text) {
  text = trim(text);
  const std::size_t newline = text.rfind('\n');
  return one_line(newline == text.npos ? text : text.substr(newline + 1), kProgressBytes);
}

}  // namespace

std::string tool_line(const ToolCall& call) {
  std::string line = call_title(call) + "  " + call_outcome(call);
  if (call.elapsed_ms && call.state != CallState::Unknown) line += " " + human_duration(*call.elapsed_ms);
  // What was done is on the line already; why it failed is not.
  if (call.state == CallState::Failed && !call.exit_code) line += ": " + one_line(call.output, kSummaryBytes);
  return line;
}

std::vector<StoryPiece> Story::take(const FeedEvent<RunEvent>& event) {
  pieces_.clear();
  if (event.number != 0 && event.number <= last_number_) return {};
  last_number_ = std::max(last_number_, event.number);
  const bool is_ours = awaited_message_.empty() || std::holds_alternative<event::MessagePlaced>(event.what) ||
                       std::holds_alternative<event::RunFinished>(event.what) || std::holds_alternative<event::RunWaiting>(event.what);
  if (is_ours) std::visit([this](const auto& what) { take(what); }, event.what);
  return std::move(pieces_);
}

void Story::take(const event::MessagePlaced& placed) {
  if (!awaited_message_.empty() && placed.message->id != awaited_message_) return;
  awaited_message_ = {};
  add(StoryPiece::Kind::Person, placed.message->text);
  doing_ = "thinking";
}

void Story::take(const event::StepStarted& started) {
  step_ = started.step;
  text_.clear();  // what was told stays: after a restart the same step begins again
  doing_ = "thinking";
}

// The step's whole text so far is `text`.
void Story::say(std::string text) {
  text_ = std::move(text);
  // While the text only repeats what was told before a restart, there is nothing to add.
  if (!text_.empty() && !told_.starts_with(text_)) tell_rest();
  if (!text_.empty()) doing_.clear();
}

void Story::tell_rest() {
  if (told_.empty() && said_any_) add(StoryPiece::Kind::Answer, "\n");
  // What was told cannot be taken back: a text that begins differently is told whole, on a new line.
  const bool goes_on = text_.starts_with(told_);
  const std::string rest = goes_on ? text_.substr(told_.size()) : "\n" + text_;
  if (!rest.empty()) add(StoryPiece::Kind::Answer, rest);
  told_ = text_;
  said_any_ = true;
}

void Story::end_line() {
  if (!told_.empty() && !told_.ends_with('\n')) add(StoryPiece::Kind::Answer, "\n");
  told_.clear();
  doing_.clear();
}

void Story::take(const event::MessageSaid& said) {
  const Message& message = *said.message;
  step_ = message.step.value_or(static_cast<int>(step_));
  answer_ = message.text;
  text_ = answer_;
  if (text_ != told_ && !text_.empty()) tell_rest();
  end_line();
  if (message.finish == "length") add(StoryPiece::Kind::Note, "the answer was cut off at the model's token limit; ask it to go on");
  text_.clear();
  calls_.clear();
  working_.clear();
  for (const ToolCall& call : message.tool_calls) calls_[call.id] = {call_title(call), {}};
}

void Story::take(const event::ToolStarted& started) {
  if (std::ranges::find(working_, started.call) == working_.end()) working_.push_back(started.call);
  show_calls();
}

void Story::take(const event::ToolProgress& progress) {
  // The end of what it said before may be the beginning of this line.
  std::string& output = calls_[progress.call].output;
  output += progress.text;
  output = std::string(utf8_suffix(output, 4 * kProgressBytes));
  show_calls();
}

void Story::take(const event::ToolFinished& finished) {
  const ToolCall& call = *finished.call;
  std::erase(working_, call.id);
  calls_.erase(call.id);
  add_left(left_, call.left);
  add(StoryPiece::Kind::Tool, tool_line(call));
  show_calls();
}

// The status line for what the tools do: the call that started last, and how many others work beside it.
void Story::show_calls() {
  doing_.clear();
  if (working_.empty()) return;
  const Call& call = calls_[working_.back()];
  doing_ = call.title.empty() ? "a tool" : call.title;
  if (working_.size() > 1) doing_ += fmt::format(" (and {} more)", working_.size() - 1);
  if (const std::string line = last_line(call.output); !line.empty()) doing_ += " · " + line;
}

void Story::take(const event::ContextTrimmed& trimmed) {
  add(StoryPiece::Kind::Note, fmt::format("the model no longer sees the {} oldest messages of this conversation", trimmed.left_out));
}

void Story::take(const event::StepRestarted& restarted) {
  add(StoryPiece::Kind::Note, fmt::format("the server restarted; step {} begins again", restarted.step));
  text_.clear();
  working_.clear();
  doing_ = "thinking";
}

void Story::take(const event::Retrying& retrying) {
  doing_ = fmt::format("trying again in {}: {}", human_duration(retrying.in_ms), retrying.reason);
  add(StoryPiece::Kind::Progress, doing_);
}

void Story::take(const event::ModelState& state) {
  doing_ = state.text.empty() ? "thinking" : state.text;
  if (!state.text.empty()) add(StoryPiece::Kind::Progress, doing_);
}

void Story::take(const event::ToolAsked& asked) {
  std::erase(working_, asked.call->id);
  add(StoryPiece::Kind::Tool, call_title(*asked.call) + "  ⏸ waits for your answer");
  show_calls();
}

// What is asked is shown by whoever can answer it.
void Story::take(const event::RunWaiting& waiting) {
  end_line();
  end_ = StoryEnd{waiting.run->state, std::nullopt};
}

void Story::take(const event::RunFinished& finished) {
  const Run& run = *finished.run;
  end_line();
  step_ = run.step;
  for (const auto& [id, call] : calls_)
    add(StoryPiece::Kind::Tool, call.title + (run.state == RunState::Cancelled ? "  ■ stopped" : "  ? outcome unknown"));
  calls_.clear();
  end_ = StoryEnd{run.state, run.error};
  tell_left(run.id);
}

void Story::tell_left(const RunId& run) {
  bool any_change = false;
  for (const LeftFile& file : left_) {
    const std::string path = one_line(name_in_line(file.path), kPathBytes);
    add(StoryPiece::Kind::Note, file.removed ? fmt::format("taken away again: {}, which your git would have obeyed", path)
                                             : "this run left something that your own tools may run: " + path);
    if (file.diff.empty()) continue;
    add(StoryPiece::Kind::Change, file.diff);
    any_change = true;
  }
  if (any_change) add(StoryPiece::Kind::Hint, fmt::format("zo runs show {} shows the change", run.text()));
}

}  // namespace zo
