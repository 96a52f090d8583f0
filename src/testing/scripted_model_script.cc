// The words of a script, from C++ and from JSON.
#include <boost/json.hpp>

#include "base/json.h"
#include "testing/scripted_model.h"

namespace zo {

Script& Script::add(ScriptedStep step) {
  steps_.push_back(std::move(step));
  return *this;
}

Script& Script::says(std::string text) { return add({.text = std::move(text)}); }
Script& Script::calls(std::string tool, boost::json::object arguments) {
  return add({.calls = {{std::move(tool), std::move(arguments)}}});
}
Script& Script::and_calls(std::string tool, boost::json::object arguments) {
  steps_.back().calls.push_back({std::move(tool), std::move(arguments)});
  return *this;
}
Script& Script::fails(int status, std::string body, std::vector<Header> headers) {
  return add({.kind = ScriptedStep::Kind::Status, .text = std::move(body), .status = status, .headers = std::move(headers)});
}
Script& Script::hangs() { return add({.kind = ScriptedStep::Kind::Silence}); }
Script& Script::errs(std::string message) { return add({.kind = ScriptedStep::Kind::StreamError, .text = std::move(message)}); }
Script& Script::sends(std::string raw) { return add({.kind = ScriptedStep::Kind::Raw, .text = std::move(raw)}); }
Script& Script::sends_line(std::size_t bytes) {
  return add({.kind = ScriptedStep::Kind::LongLine, .line_bytes = bytes});
}

Script& Script::in_chunks(std::size_t bytes) {
  steps_.back().chunk_bytes = bytes;
  return *this;
}
Script& Script::held() {
  steps_.back().held = true;
  return *this;
}
Script& Script::times(std::size_t count) {
  steps_.back().times = count;
  return *this;
}
Script& Script::cut_after(std::size_t events) {
  steps_.back().cut_after = events;
  return *this;
}
Script& Script::hangs_after(std::size_t events) {
  steps_.back().hang_after = events;
  return *this;
}

namespace {

std::size_t size_at(const Json& value, std::string_view name, std::size_t otherwise) {
  const auto number = integer_at(value, name);
  return number && *number >= 0 ? static_cast<std::size_t>(*number) : otherwise;
}

Result<ScriptedCall> read_call(const Json& call) {
  const auto name = string_at(call, "name");
  if (!name) return fail(Code::Invalid, "a call of the script has no name");
  const JsonObject* arguments = object_at(call, "arguments");
  return ScriptedCall{std::string(*name), arguments ? *arguments : JsonObject()};
}

Result<> read_calls(const Json& json, ScriptedStep& step) {
  if (const Json* call = find(json, "call")) {
    ZO_TRY(step.calls.emplace_back(), read_call(*call));
  }
  if (const JsonArray* calls = array_at(json, "calls")) {
    for (const Json& call : *calls) {
      ZO_TRY(step.calls.emplace_back(), read_call(call));
    }
  }
  return {};
}

void read_failure(const Json& failure, ScriptedStep& step) {
  step.kind = ScriptedStep::Kind::Status;
  step.status = static_cast<int>(integer_at(failure, "status").value_or(500));
  step.text = string_at(failure, "body").value_or("");
  if (const JsonObject* headers = object_at(failure, "headers")) {
    for (const auto& [name, value] : *headers)
      if (value.is_string()) step.headers.push_back({std::string(name), std::string(value.as_string())});
  }
}

Result<ScriptedStep> read_step(const Json& json, const Json& rule) {
  using Kind = ScriptedStep::Kind;
  ScriptedStep step;
  ZO_OK(read_calls(json, step));
  const auto text = [&](std::string_view name, Kind kind) {
    const auto found = string_at(json, name);
    if (!found) return false;
    step.kind = kind;
    step.text = *found;
    return true;
  };
  const std::size_t line_bytes = size_at(json, "line_bytes", 0);
  bool known = !step.calls.empty();
  known = text("say", Kind::Answer) || text("error", Kind::StreamError) || text("raw", Kind::Raw) || known;
  if (const Json* failure = find(json, "fail")) {
    read_failure(*failure, step);
  } else if (bool_at(json, "hang").value_or(false)) {
    step.kind = Kind::Silence;
  } else if (line_bytes > 0) {
    step.kind = Kind::LongLine;
    step.line_bytes = line_bytes;
  } else if (!known) {
    return fail(Code::Invalid, "a step of the script says nothing: " + to_text(json));
  }
  step.times = size_at(json, "times", step.times);
  step.delay_ms = integer_at(json, "delay_ms").value_or(0);
  step.chunk_bytes = std::max<std::size_t>(1, size_at(json, "chunk_bytes", size_at(rule, "chunk_bytes", step.chunk_bytes)));
  step.chunk_ms = integer_at(json, "chunks_ms").value_or(integer_at(rule, "chunks_ms").value_or(0));
  step.cut_after = size_at(json, "cut_after", step.cut_after);
  step.hang_after = size_at(json, "hang_after", step.hang_after);
  step.prompt_tokens = integer_at(json, "prompt_tokens");
  return step;
}

}  // namespace

Result<> ScriptedModel::load(std::string_view json) {
  ZO_TRY(const Json rules, parse_json(json, "the script"));
  if (!rules.is_array()) return fail(Code::Invalid, "the script is not an array of rules");
  for (const Json& rule : rules.get_array()) {
    const auto text = string_at(rule, "when");
    Script& script = text ? when(std::string(*text)) : next_turn();
    const JsonArray* steps = array_at(rule, "steps");
    if (steps == nullptr || steps->empty()) return fail(Code::Invalid, "a rule of the script has no steps");
    for (const Json& step : *steps) {
      ZO_TRY(ScriptedStep read, read_step(step, rule));
      script.add(std::move(read));
    }
  }
  return {};
}

}  // namespace zo
