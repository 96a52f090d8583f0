#include "model/chat.h"

#include <array>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <span>

#include "base/text.h"
#include "model/reply_builder.h"
#include "model/text_calls.h"
#include "model/think_tags.h"

namespace zo {
namespace {

// Every other member of a turn or a call is kept as it came and sent back: some servers refuse a turn that called tools and comes
// back without its signature or reasoning.
constexpr std::array<std::string_view, 5> kOfTurn = {"role", "content", "refusal", "tool_calls", "function_call"};
constexpr std::array<std::string_view, 4> kOfCall = {"index", "id", "type", "function"};
constexpr std::array<std::string_view, 2> kReasoning = {"reasoning_content", "reasoning"};

// Nothing: it says that the provider broke off.
struct FinishWord {
  std::string_view word;
  std::optional<Finish> finish;
};
constexpr std::array kFinishWords = {
    FinishWord{"stop", Finish::Stop},           FinishWord{"length", Finish::Length},
    FinishWord{"max_tokens", Finish::Length},   FinishWord{"tool_calls", Finish::ToolCalls},
    FinishWord{"function_call", Finish::ToolCalls}, FinishWord{"content_filter", Finish::ContentFilter},
    FinishWord{"refusal", Finish::Refusal},     FinishWord{"safety", Finish::ContentFilter},
    FinishWord{"recitation", Finish::ContentFilter}, FinishWord{"model_length", Finish::Length},
    FinishWord{"error", {}},                    FinishWord{"network_error", {}},
    FinishWord{"server_error", {}},             FinishWord{"insufficient_system_resource", {}},
    FinishWord{"abort", {}},                    FinishWord{"malformed_function_call", {}},
};

const FinishWord* row_of(std::string_view word) {
  const auto* const found = std::ranges::find(kFinishWords, to_lower(word), &FinishWord::word);
  return found != kFinishWords.end() ? found : nullptr;
}

std::optional<Finish> finish_of(std::string_view word) {
  if (word.empty()) return std::nullopt;
  const FinishWord* const row = row_of(word);
  return row != nullptr ? row->finish : Finish::Stop;
}

// Fragments of one block of reasoning are joined, so that what goes back is the block and not the way it was cut.
bool continues(const Json& last, const Json& next) {
  const auto same = [&](std::string_view name) {
    const Json* a = find(last, name);
    const Json* b = find(next, name);
    return a != nullptr && b != nullptr ? *a == *b : true;
  };
  const auto type = string_at(next, "type");
  return (type == "reasoning.text" || type == "reasoning.summary") && same("type") && same("index") && same("id");
}

void join(JsonObject& last, const JsonObject& next) {
  for (const auto& member : next) {
    const std::string_view name(member.key());
    Json& have = last[member.key()];
    if ((name == "text" || name == "summary") && have.is_string() && member.value().is_string())
      have.get_string().append(member.value().get_string());
    else if (have.is_null() || (have.is_string() && have.get_string().empty()))
      have = member.value();
  }
}

void merge(Json& have, const Json& more) {
  if (have.is_string() && more.is_string()) {
    have.get_string().append(more.get_string());
  } else if (have.is_array() && more.is_array()) {
    JsonArray& list = have.get_array();
    for (const Json& item : more.get_array()) {
      const bool joins = !list.empty() && list.back().is_object() && item.is_object() &&
                         continues(list.back(), item);
      if (joins) join(list.back().get_object(), item.get_object());
      else list.push_back(item);
    }
  } else if (have.is_object() && more.is_object()) {
    for (const auto& member : more.get_object()) merge(have.get_object()[member.key()], member.value());
  } else if (!more.is_null()) {
    have = more;
  }
}

// A text arrives in pieces; a word that only says what kind of piece this is comes with each of them, the same.
bool repeats(const Json& have, const Json& more, std::string_view name) {
  return more.is_string() && have == more && std::ranges::find(kReasoning, name) == kReasoning.end();
}

std::size_t text_size(const Json& value) { return value.is_string() ? value.get_string().size() : to_text(value).size(); }

std::string reasoning_in_details(const JsonArray& details) {
  std::string text;
  for (const Json& detail : details) {
    text += string_at(detail, "text").value_or("");
    text += string_at(detail, "summary").value_or("");
  }
  return text;
}

class ChatParser final : public ReplyParser {
 public:
  ChatParser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered)
      : speaker_(std::move(speaker)), builder_(std::move(on_delta), offered), text_calls_(offered) {}

  Result<> feed(const SseEvent& event) override;
  Result<> feed_whole(std::string_view json) override;
  bool ended() const override { return ended_; }
  bool is_done() const override { return !finish_word_.empty(); }
  Result<ModelReply> finish(Body body) override;

 private:
  Result<> take(const Json& chunk, std::string_view content);
  void take_usage(const Json& chunk);
  void take_choice(const Json& choice, std::string_view content);
  void take_delta(const Json& delta);
  void take_content(const Json& content);
  void take_call(const Json& call);
  void keep_others(const Json& from, std::span<const std::string_view> known, JsonObject& kept);
  void tell(const ThinkTags::Split& split);
  void finish_text(std::optional<Finish> finish);
  std::string opaque() const;

  Speaker speaker_;
  ReplyBuilder builder_;
  ThinkTags think_tags_;
  TextCalls text_calls_;
  bool text_call_cut_ = false;
  bool ended_ = false;
  bool refused_ = false;
  bool answered_ = false;  // a choice was seen
  std::string finish_word_;
  std::string id_;
  std::string model_;
  Usage usage_;
  JsonObject kept_;                              // what else the turn has
  std::map<std::size_t, JsonObject> call_kept_;  // and each call, by its position
};

Result<> ChatParser::feed(const SseEvent& event) {
  const std::string_view data = trim(event.data);
  if (ended_ || data.empty()) return {};
  if (data == "[DONE]") {
    ended_ = true;
    return {};
  }
  auto chunk = parse_wire_json(data, "the event", limits::kSseLineBytes);
  if (!chunk) return std::unexpected(unreadable(speaker_, chunk.error().message));
  if (event.kind == "error") return refused(read_complaint(0, *chunk), speaker_);
  return take(*chunk, "delta");
}

Result<> ChatParser::feed_whole(std::string_view text) {
  auto json = parse_wire_json(text, "the answer");
  if (!json) return std::unexpected(unreadable(speaker_, json.error().message));
  if (json->is_array() && json->get_array().size() == 1) *json = Json(json->get_array().front());
  ended_ = true;
  ZO_OK(take(*json, "message"));
  if (!answered_) return std::unexpected(unreadable(speaker_, "JSON without choices"));
  return {};
}

// `content` is the member of a choice that holds what is new: "delta" in a stream.
Result<> ChatParser::take(const Json& chunk, std::string_view content) {
  if (find(chunk, "error") != nullptr) return refused(read_complaint(0, chunk), speaker_);
  if (id_.empty()) id_ = string_at(chunk, "id").value_or("");
  if (model_.empty()) model_ = string_at(chunk, "model").value_or("");
  take_usage(chunk);
  if (const JsonArray* choices = array_at(chunk, "choices"))
    for (const Json& choice : *choices) {
      if (find(choice, "error") != nullptr) return refused(read_complaint(0, choice), speaker_);
      if (integer_at(choice, "index").value_or(0) == 0) take_choice(choice, content);
    }
  if (builder_.too_long()) return std::unexpected(too_long(speaker_));
  return {};
}

// At the top, in a choice, or where Groq puts it; the last one that is there counts.
void ChatParser::take_usage(const Json& chunk) {
  const Json* usage = find(chunk, "usage");
  if (usage == nullptr)
    if (const JsonArray* choices = array_at(chunk, "choices"); choices != nullptr && !choices->empty())
      usage = find(choices->front(), "usage");
  if (usage == nullptr)
    if (const Json* groq = find(chunk, "x_groq")) usage = find(*groq, "usage");
  if (usage == nullptr || !usage->is_object()) return;
  usage_.input_tokens = std::max<std::int64_t>(integer_at(*usage, "prompt_tokens").value_or(0), 0);
  // Some count the tokens of hidden reasoning only in the total.
  const std::int64_t total = integer_at(*usage, "total_tokens").value_or(0);
  usage_.output_tokens = std::max(integer_at(*usage, "completion_tokens").value_or(0), total - usage_.input_tokens);
  usage_.cached_tokens = integer_at(*usage, "prompt_cache_hit_tokens").value_or(0);
  if (const Json* details = find(*usage, "prompt_tokens_details"))
    usage_.cached_tokens = integer_at(*details, "cached_tokens").value_or(usage_.cached_tokens);
}

void ChatParser::take_choice(const Json& choice, std::string_view content) {
  answered_ = true;
  if (const Json* delta = find(choice, content); delta != nullptr && delta->is_object()) take_delta(*delta);
  if (auto word = string_at(choice, "finish_reason"); word && !word->empty()) finish_word_ = *word;
}

void ChatParser::take_delta(const Json& delta) {
  bool reasoned = false;
  for (std::string_view name : kReasoning) {
    const auto piece = string_at(delta, name);
    if (!piece || reasoned) continue;
    reasoned = !piece->empty();
    builder_.reasoning(*piece);
  }
  if (const JsonArray* details = array_at(delta, "reasoning_details"); details != nullptr && !reasoned)
    builder_.reasoning(reasoning_in_details(*details));
  if (const Json* content = find(delta, "content")) take_content(*content);
  if (auto refusal = string_at(delta, "refusal"); refusal && !refusal->empty()) {
    refused_ = true;
    builder_.text(*refusal);
  }
  if (const JsonArray* calls = array_at(delta, "tool_calls"))
    for (const Json& call : *calls) take_call(call);
  if (const Json* legacy = find(delta, "function_call")) {
    const Json call = JsonObject{{"index", 0}, {"function", *legacy}};
    take_call(call);
  }
  keep_others(delta, kOfTurn, kept_);
}

// Text, or a list of parts of which those of type "thinking" hold parts of their own.
void ChatParser::take_content(const Json& content) {
  if (content.is_string()) return tell(think_tags_.feed(content.get_string()));
  if (!content.is_array()) return;
  for (const Json& part : content.get_array()) {
    if (auto text = string_at(part, "text")) tell(think_tags_.feed(*text));
    if (const JsonArray* thinking = array_at(part, "thinking"))
      for (const Json& thought : *thinking) builder_.reasoning(string_at(thought, "text").value_or(""));
  }
}

void ChatParser::tell(const ThinkTags::Split& split) {
  if (split.was_reasoning) {
    builder_.text(text_calls_.restart());
    builder_.text_was_reasoning();
  }
  builder_.reasoning(split.reasoning);
  builder_.text(text_calls_.feed(split.text));
}

// What was held back: calls in a notation of their own, or text after all.
void ChatParser::finish_text(std::optional<Finish> finish) {
  const bool open = think_tags_.is_open();
  tell(think_tags_.finish());
  if (open && !builder_.has_text() && !builder_.all_calls_whole() && finish != Finish::Length) builder_.reasoning_was_text();
  const TextCalls::Rest rest = text_calls_.finish(finish == Finish::Length);
  text_call_cut_ = rest.is_cut;
  // Some servers let the notation into the text, and read it, too.
  const bool is_said_twice = !rest.calls.empty() && std::ranges::all_of(rest.calls, [this](const ModelCall& call) { return builder_.has_call(call); });
  const bool counts = !builder_.all_calls_whole();
  if (!counts && (is_said_twice || rest.is_notation)) return;
  if (rest.calls.empty() || !counts) builder_.text(rest.text);
  else
    for (const ModelCall& call : rest.calls) builder_.call({.index = {}, .id = {}, .name = call.name, .arguments = call.arguments});
}

void ChatParser::take_call(const Json& call) {
  const Json* function = find(call, "function");
  if (!call.is_object() || function == nullptr) return;
  std::string arguments;
  if (const Json* given = find(*function, "arguments"))
    arguments = given->is_string() ? std::string(std::string_view(given->get_string())) : to_text(*given);
  const std::size_t position = builder_.call({.index = integer_at(call, "index"),
                                              .id = string_at(call, "id").value_or(""),
                                              .name = string_at(*function, "name").value_or(""),
                                              .arguments = arguments});
  keep_others(call, kOfCall, call_kept_[position]);
}

void ChatParser::keep_others(const Json& from, std::span<const std::string_view> known, JsonObject& kept) {
  for (const auto& member : from.get_object()) {
    const std::string_view name(member.key());
    const Json& value = member.value();
    const bool empty = value.is_null() || (value.is_array() && value.get_array().empty());
    if (empty || std::ranges::find(known, name) != known.end()) continue;
    Json& have = kept[member.key()];
    if (repeats(have, value, name)) continue;
    builder_.count(text_size(value));
    merge(have, value);
  }
}

std::string ChatParser::opaque() const {
  JsonObject calls;
  for (const auto& [position, fields] : call_kept_)
    if (const std::string& id = builder_.call_id(position); !fields.empty() && !id.empty()) calls[id] = fields;
  if (kept_.empty() && calls.empty()) return {};
  JsonObject opaque{{"dialect", "chat"}, {"host", speaker_.host}, {"model", speaker_.model}, {"message", kept_}};
  if (!calls.empty()) opaque["calls"] = std::move(calls);
  return to_valid_utf8(to_text(opaque));
}

Result<ModelReply> ChatParser::finish(Body body) {
  std::optional<Finish> finish = finish_of(finish_word_);
  if (const FinishWord* row = row_of(finish_word_); row != nullptr && !row->finish) return std::unexpected(broken_off(speaker_, finish_word_));
  const bool whole = ended_ || finish || (body == Body::Ended && builder_.all_calls_whole());
  if (!whole) return std::unexpected(truncated(speaker_));
  finish_text(finish);
  if (refused_ && finish.value_or(Finish::Stop) == Finish::Stop) finish = Finish::Refusal;
  ModelReply reply = builder_.finish(finish, ReplyBuilder::OpenCalls::AreComplete);
  if (text_call_cut_ && reply.cut_call.empty()) reply.cut_call = "a tool";
  reply.opaque = opaque();
  reply.usage = usage_;
  reply.id = id_;
  reply.model = model_;
  reply.finish_word = finish_word_;
  return reply;
}

}  // namespace

std::unique_ptr<ReplyParser> chat_parser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered) {
  return std::make_unique<ChatParser>(std::move(speaker), std::move(on_delta), offered);
}

}  // namespace zo
