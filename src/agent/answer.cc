#include "agent/answer.h"

#include <boost/json.hpp>

#include "agent/event.h"
#include "base/json.h"

namespace zo {
namespace {

// Whether an answer is made of what such an event says; others are passed on unread.
bool is_read(const std::string& kind) {
  return kind == event::kText || kind == event::kMessagePartial || kind == event::kMessage || kind == event::kMessagePlaced ||
         kind == event::kRunFinished;
}

}  // namespace

Task<Result<std::vector<AnswerPart>>> AnswerReader::next() {
  std::vector<AnswerPart> parts;
  while (parts.empty()) {
    ZO_CO_TRY(std::vector<WatchedEvent> events, co_await watcher_.next());
    if (events.empty()) break;
    for (WatchedEvent& event : events) {
      Json data;
      if (is_read(event.kind)) {
        ZO_CO_TRY(data, parse_json(event.data, "an event"));
      }
      if (waits_for_question(event, data)) continue;
      std::string text = take(event, data);
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

bool AnswerReader::waits_for_question(const WatchedEvent& event, const Json& data) {
  if (wish_.question.empty() || event.kind == event::kRunFinished) return false;
  if (event.kind != event::kMessagePlaced || string_at(*find(data, "message"), "id") != wish_.question.text()) return true;
  wish_.question = {};
  return false;
}

std::string AnswerReader::take(const WatchedEvent& event, const Json& data) {
  if (event.kind == event::kMessage) return take_message(*find(data, "message"));
  if (event.kind == event::kRunFinished) end(*find(data, "run"));
  if (wish_.text == AnswerWish::Text::Whole) return "";
  const std::int64_t step = integer_at(data, "step").value_or(0);
  const std::string_view text = string_at(data, "text").value_or("");
  if (event.kind == event::kText && step != step_) return advance(step, text);
  if (event.kind == event::kText) return append(text);
  if (event.kind == event::kMessagePartial) return advance(step, text);
  return "";
}

std::string AnswerReader::take_message(const Json& message) {
  final_ = std::string(string_at(message, "text").value_or(""));
  finish_ = std::string(string_at(message, "finish").value_or(""));
  const JsonArray* calls = array_at(message, "tool_calls");
  if (wish_.text == AnswerWish::Text::Whole && calls != nullptr && !calls->empty()) return "";
  return advance(integer_at(message, "step").value_or(0), final_);
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

void AnswerReader::end(const Json& run) {
  done_ = string_at(run, "state") == "done";
  if (const Json* usage = find(run, "usage"))
    usage_ = {integer_at(*usage, "input_tokens").value_or(0), integer_at(*usage, "output_tokens").value_or(0), 0};
  if (done_ && !wish_.question.empty()) {
    done_ = false;
    error_ = {Code::Cancelled, "the message was taken back before it was answered", ""};
    return;
  }
  const Json* error = find(run, "error");
  if (error == nullptr) {
    error_ = {Code::Cancelled, "the run was cancelled", ""};
    return;
  }
  error_ = {code_from_name(string_at(*error, "code").value_or("")), std::string(string_at(*error, "message").value_or("")),
            std::string(string_at(*error, "try").value_or(""))};
}

}  // namespace zo
