#include "cmd/story.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/shown.h"
#include "base/text.h"
#include "base/time.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryBytes = 120;
constexpr std::size_t kProgressBytes = 80;
constexpr std::size_t kPathBytes = 1024;

// The member, or null when an event lacks it.
const Json& member(const Json& value, std::string_view name) {
  static const Json none;
  const Json* found = find(value, name);
  return found != nullptr ? *found : none;
}

std::string call_title(const Json& call) {
  const std::string summary = one_line(text_at(call, "summary"), kSummaryBytes);
  return text_at(call, "name") + (summary.empty() ? "" : "  " + summary);
}

std::string call_outcome(const Json& call) {
  const std::string state = text_at(call, "state");
  if (state == "ok") return "✓";
  if (state == "cancelled") return "■ stopped";
  if (state == "unknown") return "? outcome unknown";
  const auto exit = integer_at(call, "exit_code");
  return exit ? fmt::format("✗ exit {}", *exit) : "✗ failed";
}

std::string last_line(std::string_view text) {
  text = trim(text);
  const std::size_t newline = text.rfind('\n');
  return one_line(newline == text.npos ? text : text.substr(newline + 1), kProgressBytes);
}

}  // namespace

std::string tool_line(const Json& call) {
  std::string line = call_title(call) + "  " + call_outcome(call);
  const auto elapsed = integer_at(call, "elapsed_ms");
  if (elapsed && string_at(call, "state") != "unknown") line += " " + human_duration(*elapsed);
  // What was done is on the line already; why it failed is not.
  if (string_at(call, "state") == "failed" && !integer_at(call, "exit_code"))
    line += ": " + one_line(text_at(call, "output"), kSummaryBytes);
  return line;
}

std::vector<StoryPiece> Story::take(std::string_view kind, const Json& data) {
  pieces_.clear();
  const std::int64_t number = integer_at(data, "number").value_or(0);
  if (number != 0 && number <= last_number_) return {};
  last_number_ = std::max(last_number_, number);

  if (kind == "message_placed") {
    take_person(member(data, "message"));
  } else if (kind == "run_finished") {
    finish(member(data, "run"));
  } else if (awaited_message_.empty()) {
    if (kind == "step_started") begin_step(data);
    if (kind == "text") say(text_ + text_at(data, "text"));
    if (kind == "message_partial") say(text_at(data, "text"));
    if (kind == "message") take_message(member(data, "message"));
    if (kind == "reasoning") doing_ = "thinking";
    if (kind.starts_with("tool_")) take_tool_event(kind, data);
    take_trouble(kind, data);
  }
  return std::move(pieces_);
}

void Story::take_person(const Json& message) {
  if (!awaited_message_.empty() && string_at(message, "id") != awaited_message_) return;
  awaited_message_.clear();
  add(StoryPiece::Kind::Person, text_at(message, "text"));
  doing_ = "thinking";
}

void Story::begin_step(const Json& data) {
  step_ = integer_at(data, "step").value_or(step_ + 1);
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

void Story::take_message(const Json& message) {
  step_ = integer_at(message, "step").value_or(step_);
  answer_ = text_at(message, "text");
  text_ = answer_;
  if (text_ != told_ && !text_.empty()) tell_rest();
  if (!told_.empty() && !told_.ends_with('\n')) add(StoryPiece::Kind::Answer, "\n");
  text_.clear();
  told_.clear();
  doing_.clear();
  calls_.clear();
  working_.clear();
  if (const JsonArray* calls = array_at(message, "tool_calls"))
    for (const Json& call : *calls) calls_[text_at(call, "id")] = {call_title(call), {}};
}

void Story::take_tool_event(std::string_view kind, const Json& data) {
  const std::string id = text_at(data, "tool_call_id");
  if (kind == "tool_arguments") {
    doing_ = "writing a call of " + text_at(data, "name");
  } else if (kind == "tool_started") {
    if (std::ranges::find(working_, id) == working_.end()) working_.push_back(id);
    show_calls();
  } else if (kind == "tool_progress") {
    // The end of what it said before may be the beginning of this line.
    std::string& output = calls_[id].output;
    output += text_at(data, "text");
    output = std::string(utf8_suffix(output, 4 * kProgressBytes));
    show_calls();
  } else if (kind == "tool_finished") {
    const Json& call = member(data, "tool_call");
    std::erase(working_, text_at(call, "id"));
    calls_.erase(text_at(call, "id"));
    if (const JsonArray* left = array_at(call, "left")) add_left(left_, left_from_json(*left));
    add(StoryPiece::Kind::Tool, tool_line(call));
    show_calls();
  }
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

void Story::take_trouble(std::string_view kind, const Json& data) {
  if (kind == "context_trimmed") {
    const std::int64_t count = integer_at(data, "messages_left_out").value_or(0);
    add(StoryPiece::Kind::Note, fmt::format("the model no longer sees the {} oldest messages of this conversation", count));
  } else if (kind == "step_restarted") {
    add(StoryPiece::Kind::Note, fmt::format("the server restarted; step {} begins again", integer_at(data, "step").value_or(0)));
    text_.clear();
    working_.clear();
    doing_ = "thinking";
  } else if (kind == "retrying") {
    doing_ = fmt::format("trying again in {}: {}", human_duration(integer_at(data, "in_ms").value_or(0)), text_at(data, "reason"));
    add(StoryPiece::Kind::Progress, doing_);
  } else if (kind == "model_state") {
    const bool loading = string_at(data, "state") == "loading";
    doing_ = loading ? text_at(data, "text") : "thinking";
    if (loading) add(StoryPiece::Kind::Progress, doing_);
  }
}

void Story::finish(const Json& run) {
  if (!told_.empty() && !told_.ends_with('\n')) add(StoryPiece::Kind::Answer, "\n");
  told_.clear();
  doing_.clear();
  step_ = integer_at(run, "step").value_or(step_);
  StoryEnd end{text_at(run, "state"), std::nullopt};
  for (const auto& [id, call] : calls_)
    add(StoryPiece::Kind::Tool, call.title + (end.state == "cancelled" ? "  ■ stopped" : "  ? outcome unknown"));
  calls_.clear();
  if (const Json* error = find(run, "error"))
    end.error = Error{code_from_name(text_at(*error, "code")), text_at(*error, "message"), text_at(*error, "try")};
  end_ = std::move(end);
  tell_left(text_at(run, "id"));
}

void Story::tell_left(const std::string& run_id) {
  bool any_change = false;
  for (const LeftFile& file : left_) {
    const std::string path = one_line(name_in_line(file.path), kPathBytes);
    add(StoryPiece::Kind::Note, file.removed ? fmt::format("taken away again: {}, which your git would have obeyed", path)
                                             : "this run left something that your own tools may run: " + path);
    if (file.diff.empty()) continue;
    add(StoryPiece::Kind::Change, file.diff);
    any_change = true;
  }
  if (any_change) add(StoryPiece::Kind::Hint, fmt::format("zo runs show {} shows the change", run_id));
}

}  // namespace zo
