#include "agent/answer.h"

#include "base/text.h"

namespace zo {

Task<Result<std::vector<AnswerPart>>> AnswerReader::next() {
  std::vector<AnswerPart> parts;
  while (parts.empty()) {
    ZO_CO_TRY(std::vector<RunEventPtr> events, co_await watcher_.next());
    if (events.empty()) break;
    for (RunEventPtr& event : events) {
      if (waits_for_question(event->what)) continue;
      std::string text = take(event->what);
      parts.push_back({std::move(text), std::move(event)});
    }
  }
  co_return parts;
}

Task<Result<>> AnswerReader::finish() {
  for (;;) {
    ZO_CO_TRY(const std::vector<AnswerPart> parts, co_await next());
    if (parts.empty()) co_return Result<>{};
  }
}

bool AnswerReader::waits_for_question(const RunEvent& event) {
  if (wish_.question.empty() || std::holds_alternative<event::RunFinished>(event)) return false;
  const auto* placed = std::get_if<event::MessagePlaced>(&event);
  if (placed == nullptr || placed->message->id != wish_.question) return true;
  wish_.question = {};
  return false;
}

std::string AnswerReader::take(const RunEvent& event) {
  if (const auto* said = std::get_if<event::MessageSaid>(&event)) return take_message(*said->message);
  if (const auto* asked = std::get_if<event::ToolAsked>(&event)) asked_.push_back(asked->call->name + " " + asked->call->summary);
  if (const auto* finished = std::get_if<event::RunFinished>(&event)) end(*finished->run);
  if (const auto* waiting = std::get_if<event::RunWaiting>(&event)) end(*waiting->run);
  if (wish_.text == AnswerWish::Text::Whole) return "";
  if (const auto* text = std::get_if<event::Text>(&event)) return text->step == step_ ? append(text->text) : advance(text->step, text->text);
  if (const auto* partial = std::get_if<event::MessagePartial>(&event)) return advance(partial->step, partial->text);
  return "";
}

std::string AnswerReader::take_message(const Message& message) {
  asked_.clear();
  for (const ToolCall& call : message.tool_calls)
    if (call.state == CallState::Asked) asked_.push_back(call.name + " " + call.summary);
  final_ = message.text;
  finish_ = message.finish;
  if (wish_.text == AnswerWish::Text::Whole && !message.tool_calls.empty()) return "";
  return advance(message.step.value_or(0), final_);
}

// More of the step that is shown already.
std::string AnswerReader::append(std::string_view text) {
  std::string more = shown_.empty() && anything_shown_ && !text.empty() ? "\n\n" : "";
  more += text;
  shown_ += text;
  anything_shown_ = anything_shown_ || !text.empty();
  return more;
}

// What of `whole`, the text of that step so far, was not shown yet.
std::string AnswerReader::advance(std::int64_t step, std::string_view whole) {
  if (step != step_) {
    step_ = step;
    shown_.clear();
  }
  return whole.size() > shown_.size() ? append(whole.substr(shown_.size())) : "";
}

void AnswerReader::end(const Run& run) {
  done_ = run.state == RunState::Done;
  usage_ = {run.input_tokens, run.output_tokens, 0};
  if (done_ && !wish_.question.empty()) {
    done_ = false;
    error_ = {Code::Cancelled, "the message was taken back before it was answered", ""};
    return;
  }
  waits_ = run.state == RunState::Waiting;
  if (waits_) error_ = {Code::Denied, "the run waits for a person to allow: " + join(asked_, "; "), "zo approvals list, or the page; after the answer it goes on"};
  else error_ = run.error.value_or(Error{Code::Cancelled, "the run was cancelled", ""});
}

}  // namespace zo
