#include "testing/scripted_model_wire.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "net/sse.h"

namespace zo {
namespace {

namespace json = boost::json;

std::int64_t tokens_of(const ScriptedAnswer& answer) {
  std::size_t bytes = answer.text.size();
  for (const ScriptedCall& call : answer.calls) bytes += call.name.size() + to_text(call.arguments).size();
  return static_cast<std::int64_t>(bytes / 4 + 1);
}

std::string call_id(const ScriptedAnswer& answer, std::size_t index) {
  return fmt::format("call_{}_{}", answer.number, index);
}

std::vector<std::string_view> pieces(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size(); i += std::min(bytes, text.size() - i)) out.push_back(text.substr(i, bytes));
  return out;
}

json::object chat_usage(const ScriptedAnswer& answer) {
  const std::int64_t completion = tokens_of(answer);
  return {{"prompt_tokens", answer.prompt_tokens},
          {"completion_tokens", completion},
          {"total_tokens", answer.prompt_tokens + completion}};
}

json::object chat_call(const ScriptedAnswer& answer, std::size_t index, std::string_view arguments) {
  return {{"index", index},
          {"id", call_id(answer, index)},
          {"type", "function"},
          {"function", {{"name", answer.calls[index].name}, {"arguments", arguments}}}};
}

json::object chat_envelope(const ScriptedAnswer& answer, std::string_view object) {
  return {{"id", fmt::format("chatcmpl-{}", answer.number)},
          {"object", object},
          {"created", 1'795'000'000},
          {"model", answer.model}};
}

std::string chat_event(const ScriptedAnswer& answer, json::object delta, json::value finish) {
  json::object event = chat_envelope(answer, "chat.completion.chunk");
  event["choices"] = json::array{{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}};
  return to_sse("", "", to_text(event));
}

std::vector<std::string> chat_events(const ScriptedAnswer& answer) {
  std::vector<std::string> out{chat_event(answer, {{"role", "assistant"}, {"content", ""}}, nullptr)};
  for (const std::string_view piece : pieces(answer.text, answer.chunk_bytes))
    out.push_back(chat_event(answer, {{"content", piece}}, nullptr));
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    out.push_back(chat_event(answer, {{"tool_calls", json::array{chat_call(answer, i, "")}}}, nullptr));
    for (const std::string_view piece : pieces(to_text(answer.calls[i].arguments), answer.chunk_bytes)) {
      json::object delta{{"index", i}, {"function", {{"arguments", piece}}}};
      out.push_back(chat_event(answer, {{"tool_calls", json::array{std::move(delta)}}}, nullptr));
    }
  }
  out.push_back(chat_event(answer, {}, answer.calls.empty() ? "stop" : "tool_calls"));
  json::object usage = chat_envelope(answer, "chat.completion.chunk");
  usage["choices"] = json::array();
  usage["usage"] = chat_usage(answer);
  out.push_back(to_sse("", "", to_text(usage)));
  out.push_back("data: [DONE]\n\n");
  return out;
}

std::string chat_body(const ScriptedAnswer& answer) {
  json::object message{{"role", "assistant"}, {"content", answer.text}};
  json::array calls;
  for (std::size_t i = 0; i < answer.calls.size(); ++i)
    calls.push_back(chat_call(answer, i, to_text(answer.calls[i].arguments)));
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  json::object body = chat_envelope(answer, "chat.completion");
  body["choices"] = json::array{{{"index", 0},
                                 {"message", std::move(message)},
                                 {"finish_reason", answer.calls.empty() ? "stop" : "tool_calls"}}};
  body["usage"] = chat_usage(answer);
  return to_text(body);
}

json::object message_envelope(const ScriptedAnswer& answer, json::array content, json::value stop_reason, std::int64_t tokens) {
  return {{"id", fmt::format("msg_{}", answer.number)},
          {"type", "message"},
          {"role", "assistant"},
          {"model", answer.model},
          {"content", std::move(content)},
          {"stop_reason", std::move(stop_reason)},
          {"stop_sequence", nullptr},
          {"usage", {{"input_tokens", answer.prompt_tokens}, {"output_tokens", tokens}}}};
}

std::string message_event(const json::object& event) {
  return to_sse("", event.at("type").as_string(), to_text(event));
}

json::object tool_use(const ScriptedAnswer& answer, std::size_t index, json::object input) {
  return {{"type", "tool_use"}, {"id", call_id(answer, index)}, {"name", answer.calls[index].name}, {"input", std::move(input)}};
}

void append_block(std::vector<std::string>& out, std::size_t index, json::object start, std::string_view kind,
                  std::string_view member, std::string_view text, std::size_t chunk_bytes) {
  out.push_back(message_event({{"type", "content_block_start"}, {"index", index}, {"content_block", std::move(start)}}));
  for (const std::string_view piece : pieces(text, chunk_bytes)) {
    out.push_back(message_event(
        {{"type", "content_block_delta"}, {"index", index}, {"delta", {{"type", kind}, {member, piece}}}}));
  }
  out.push_back(message_event({{"type", "content_block_stop"}, {"index", index}}));
}

std::vector<std::string> message_events(const ScriptedAnswer& answer) {
  std::vector<std::string> out{
      message_event({{"type", "message_start"}, {"message", message_envelope(answer, {}, nullptr, 1)}})};
  std::size_t index = 0;
  if (!answer.text.empty())
    append_block(out, index++, {{"type", "text"}, {"text", ""}}, "text_delta", "text", answer.text, answer.chunk_bytes);
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    append_block(out, index++, tool_use(answer, i, {}), "input_json_delta", "partial_json", to_text(answer.calls[i].arguments),
                 answer.chunk_bytes);
  }
  out.push_back(message_event({{"type", "message_delta"},
                               {"delta", {{"stop_reason", answer.calls.empty() ? "end_turn" : "tool_use"}, {"stop_sequence", nullptr}}},
                               {"usage", {{"output_tokens", tokens_of(answer)}}}}));
  out.push_back(message_event({{"type", "message_stop"}}));
  return out;
}

std::string message_body(const ScriptedAnswer& answer) {
  json::array content;
  if (!answer.text.empty()) content.push_back({{"type", "text"}, {"text", answer.text}});
  for (std::size_t i = 0; i < answer.calls.size(); ++i) content.push_back(tool_use(answer, i, answer.calls[i].arguments));
  return to_text(message_envelope(answer, std::move(content), answer.calls.empty() ? "end_turn" : "tool_use", tokens_of(answer)));
}

// A message's content as text: a string, or the text blocks of a list.
std::string text_of(const json::value* content) {
  if (content == nullptr) return "";
  if (const json::string* text = content->if_string()) return std::string(*text);
  std::string out;
  if (const json::array* blocks = content->if_array()) {
    for (const json::value& block : *blocks) out += string_at(block, "text").value_or("");
  }
  return out;
}

const json::value* tool_result_in(const json::value& message) {
  const json::value* found = nullptr;
  if (const json::array* blocks = array_at(message, "content")) {
    for (const json::value& block : *blocks)
      if (string_at(block, "type") == "tool_result") found = find(block, "content");
  }
  return found;
}

}  // namespace

std::string scripted_body(const ScriptedAnswer& answer) {
  return answer.dialect == ScriptedDialect::Chat ? chat_body(answer) : message_body(answer);
}

std::vector<std::string> scripted_events(const ScriptedAnswer& answer) {
  return answer.dialect == ScriptedDialect::Chat ? chat_events(answer) : message_events(answer);
}

std::string scripted_error_body(ScriptedDialect dialect, int status, const std::string& message) {
  const std::string type = status == 429 ? "rate_limit_error" : status == 529 ? "overloaded_error" : "api_error";
  json::object error{{"type", type}, {"message", message}};
  if (dialect == ScriptedDialect::Messages) return to_text(json::object{{"type", "error"}, {"error", std::move(error)}});
  error["code"] = nullptr;
  return to_text(json::object{{"error", std::move(error)}});
}

std::string scripted_error_event(ScriptedDialect dialect, const std::string& message) {
  return to_sse("", dialect == ScriptedDialect::Messages ? "error" : "", scripted_error_body(dialect, 529, message));
}

ScriptedQuestion read_question(const json::value& body) {
  ScriptedQuestion out;
  const json::array* messages = array_at(body, "messages");
  if (messages == nullptr) return out;
  for (const json::value& message : *messages) {
    const std::string_view role = string_at(message, "role").value_or("");
    if (role == "assistant") {
      ++out.model_turns;
    } else if (role == "tool") {
      out.tool_text = text_of(find(message, "content"));
    } else if (const json::value* result = tool_result_in(message)) {
      out.tool_text = text_of(result);
    } else if (role == "user") {
      out.person_text = text_of(find(message, "content"));
      ++out.person_turns;
      out.model_turns = 0;
    }
  }
  return out;
}

}  // namespace zo
