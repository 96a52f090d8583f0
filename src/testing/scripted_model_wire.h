// How a scripted answer looks on the wire, in both dialects.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "testing/scripted_model.h"

namespace zo {

enum class ScriptedDialect { Chat, Messages };

// One answer, its {tool} already filled in.
struct ScriptedAnswer {
  ScriptedDialect dialect = ScriptedDialect::Chat;
  std::string model;
  std::int64_t number = 0;  // makes the ids unique
  std::int64_t prompt_tokens = 0;
  std::string text;
  std::vector<ScriptedCall> calls;
  std::size_t chunk_bytes = ScriptedStep::kAll;
};

// The whole answer as one JSON body.
std::string scripted_body(const ScriptedAnswer& answer);
// The same as a stream: one string an event.
std::vector<std::string> scripted_events(const ScriptedAnswer& answer);
std::string scripted_error_event(ScriptedDialect dialect, const std::string& message);
std::string scripted_error_body(ScriptedDialect dialect, int status, const std::string& message);

// What the model is asked for, read from either dialect.
struct ScriptedQuestion {
  std::string person_text;      // what the person said last
  std::string tool_text;        // the last tool result
  std::size_t person_turns = 0;
  std::size_t model_turns = 0;  // since the person spoke
};
ScriptedQuestion read_question(const boost::json::value& body);

}  // namespace zo
