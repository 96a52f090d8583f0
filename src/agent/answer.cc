#include "agent/answer.h"

#include <boost/json.hpp>

#include "agent/event.h"
#include "base/json.h"

namespace zo {

Task<Result<std::vector<AnswerPart>>> AnswerReader::next() {
  ZO_CO_TRY(const std::vector<WatchedEvent> events, co_await watcher_.next());
  std::vector<AnswerPart> parts;
  for (const WatchedEvent& event : events) {
    ZO_CO_TRY(const Json data, parse_json(event.data, "an event"));
    std::string text = take(event, data);
    parts.push_back({std::move(text), event});
  }
  co_return parts;
}

Task<Result<>> AnswerReader::finish() {
  for (;;) {
    ZO_CO_TRY(const std::vector<AnswerPart> parts, co_await next());
    if (parts.empty()) co_return Result<>{};
  }
}

std::string AnswerReader::take(const WatchedEvent& event, const Json& data) {
  const std::int64_t step = integer_at(data, "step").value_or(0);
  const std::string_view text = string_at(data, "text").value_or("");
  if (event.kind == event::kText) return advance(step, step == step_ ? shown_ + std::string(text) : std::string(text));
  if (event.kind == event::kMessagePartial) return advance(step, text);
  if (event.kind == event::kMessage) {
    const Json& message = *find(data, "message");
    final_ = std::string(string_at(message, "text").value_or(""));
    return advance(integer_at(message, "step").value_or(0), final_);
  }
  if (event.kind == event::kRunFinished) end(*find(data, "run"));
  return "";
}

// What of `whole`, the text of that step so far, was not shown yet.
std::string AnswerReader::advance(std::int64_t step, std::string_view whole) {
  std::string more;
  if (step != step_) {
    step_ = step;
    shown_.clear();
  }
  if (whole.size() <= shown_.size()) return "";
  if (shown_.empty() && anything_shown_) more = "\n\n";
  more += whole.substr(shown_.size());
  shown_ = whole;
  anything_shown_ = true;
  return more;
}

void AnswerReader::end(const Json& run) {
  done_ = string_at(run, "state") == "done";
  if (const Json* usage = find(run, "usage"))
    usage_ = {integer_at(*usage, "input_tokens").value_or(0), integer_at(*usage, "output_tokens").value_or(0), 0};
  const Json* error = find(run, "error");
  if (error == nullptr) {
    error_ = {Code::Cancelled, "the run was cancelled", ""};
    return;
  }
  error_ = {code_from_name(string_at(*error, "code").value_or("")), std::string(string_at(*error, "message").value_or("")),
            std::string(string_at(*error, "try").value_or(""))};
}

}  // namespace zo
