#include "model/messages.h"

#include <array>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <span>

#include "base/text.h"
#include "model/reply_builder.h"
#include "model/text_calls.h"

namespace zo {
namespace {

struct StopReason {
  std::string_view word;
  Finish finish;
};
constexpr std::array kStopReasons = {
    StopReason{"end_turn", Finish::Stop},
    StopReason{"stop_sequence", Finish::Stop},
    StopReason{"pause_turn", Finish::Stop},
    StopReason{"max_tokens", Finish::Length},
    StopReason{"model_context_window_exceeded", Finish::Length},
    StopReason{"tool_use", Finish::ToolCalls},
    StopReason{"refusal", Finish::Refusal},
};

Finish finish_of(std::string_view word) {
  for (const StopReason& row : kStopReasons)
    if (row.word == word) return row.finish;
  return Finish::Stop;
}

// A delta of a known type adds to one member of its block.
struct DeltaField {
  std::string_view type;
  std::string_view field;
  std::string_view block;  // what the block is, should its start have been lost
};
constexpr std::array kDeltaFields = {
    DeltaField{"text_delta", "text", "text"},
    DeltaField{"thinking_delta", "thinking", "thinking"},
    DeltaField{"signature_delta", "signature", "thinking"},
};

void append(Json& have, const Json& more) {
  if (have.is_string() && more.is_string()) have.get_string().append(more.get_string());
  else if (!more.is_null()) have = more;
}

// What we keep of these blocks as text and calls; all that other blocks hold is more than that.
constexpr std::array<std::string_view, 2> kOfText = {"type", "text"};
constexpr std::array<std::string_view, 4> kOfCall = {"type", "id", "name", "input"};

struct Block {
  Json content;  // an object
  std::string input;  // of a tool's block: JSON text in fragments
  std::optional<std::size_t> call;
  bool closed = false;

  std::string_view type() const { return string_at(content, "type").value_or(""); }
  bool holds_more() const {
    std::span<const std::string_view> known;
    if (type() == "text") known = kOfText;
    if (type() == "tool_use") known = kOfCall;
    return std::ranges::any_of(content.get_object(), [known](const auto& member) {
      return !member.value().is_null() && std::ranges::find(known, std::string_view(member.key())) == known.end();
    });
  }
};

class MessagesParser final : public ReplyParser {
 public:
  MessagesParser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered)
      : speaker_(std::move(speaker)), builder_(std::move(on_delta), offered) {}

  Result<> feed(const SseEvent& event) override;
  Result<> feed_whole(std::string_view json) override;
  bool ended() const override { return ended_; }
  bool is_done() const override { return !stop_reason_.empty(); }
  Result<ModelReply> finish(Body body) override;

 private:
  void take(std::string_view type, const Json& event);
  void take_message(const Json& message);
  void take_usage(const Json& holder);
  void take_stop(const Json& holder);
  void open_block(std::int64_t index, const Json& content);
  void add_to_block(std::int64_t index, const Json& delta);
  void close_block(std::int64_t index);
  void tell(Block& block, std::string_view field, std::string_view piece);
  std::string opaque() const;

  Speaker speaker_;
  ReplyBuilder builder_;
  std::map<std::int64_t, Block> blocks_;
  bool ended_ = false;
  std::string stop_reason_;
  std::string id_;
  std::string model_;
  std::int64_t input_ = 0, cache_read_ = 0, cache_written_ = 0, output_ = 0;
};

Result<> MessagesParser::feed(const SseEvent& event) {
  const std::string_view data = trim(event.data);
  if (ended_ || data.empty()) return {};
  auto json = parse_wire_json(data, "the event", limits::kSseLineBytes);
  if (!json) return std::unexpected(unreadable(speaker_, json.error().message));
  const std::string_view type = string_at(*json, "type").value_or(event.kind);
  if (type == "error" || event.kind == "error") return refused(read_complaint(0, *json), speaker_);
  builder_.count(data.size() / 16);  // blocks are kept beside the text that they hold
  take(type, *json);
  if (builder_.too_long()) return std::unexpected(too_long(speaker_));
  return {};
}

void MessagesParser::take(std::string_view type, const Json& event) {
  const std::int64_t index = integer_at(event, "index").value_or(0);
  if (type == "message_start") {
    if (const Json* message = find(event, "message")) take_message(*message);
  } else if (type == "content_block_start") {
    if (const Json* block = find(event, "content_block"); block != nullptr && block->is_object()) open_block(index, *block);
  } else if (type == "content_block_delta") {
    if (const Json* delta = find(event, "delta")) add_to_block(index, *delta);
  } else if (type == "content_block_stop") {
    close_block(index);
  } else if (type == "message_delta") {
    if (const Json* delta = find(event, "delta")) take_stop(*delta);
    take_usage(event);
  } else if (type == "message_stop") {
    ended_ = true;
  }
}

Result<> MessagesParser::feed_whole(std::string_view text) {
  auto json = parse_wire_json(text, "the answer");
  if (!json) return std::unexpected(unreadable(speaker_, json.error().message));
  if (find(*json, "error") != nullptr) return refused(read_complaint(0, *json), speaker_);
  const JsonArray* content = array_at(*json, "content");
  if (content == nullptr) return std::unexpected(unreadable(speaker_, "JSON without content"));
  take_message(*json);
  std::int64_t index = 0;
  for (const Json& block : *content) {
    if (!block.is_object()) continue;
    open_block(index, block);
    close_block(index++);
  }
  take_stop(*json);
  ended_ = true;
  return {};
}

void MessagesParser::take_message(const Json& message) {
  id_ = string_at(message, "id").value_or("");
  model_ = string_at(message, "model").value_or("");
  take_usage(message);
}

// Numbers are totals so far; a later one replaces an earlier one, an absent one does not.
void MessagesParser::take_usage(const Json& holder) {
  const Json* usage = find(holder, "usage");
  if (usage == nullptr) return;
  const auto tokens = [usage](std::string_view name, std::int64_t so_far) { return std::max<std::int64_t>(integer_at(*usage, name).value_or(so_far), 0); };
  input_ = tokens("input_tokens", input_);
  cache_read_ = tokens("cache_read_input_tokens", cache_read_);
  cache_written_ = tokens("cache_creation_input_tokens", cache_written_);
  output_ = tokens("output_tokens", output_);
}

void MessagesParser::take_stop(const Json& holder) {
  if (auto reason = string_at(holder, "stop_reason")) stop_reason_ = *reason;
}

void MessagesParser::tell(Block& block, std::string_view field, std::string_view piece) {
  if (block.type() == "text" && field == "text") builder_.text(piece);
  else if (block.type() == "thinking" && field == "thinking") builder_.reasoning(piece);
}

void MessagesParser::open_block(std::int64_t index, const Json& content) {
  Block block{.content = content};
  builder_.count(to_text(content).size() + limits::KiB);
  if (block.type() == "tool_use")
    block.call = builder_.call({.index = index,
                                .id = string_at(content, "id").value_or(""),
                                .name = string_at(content, "name").value_or(""),
                                .arguments = {}});
  for (std::string_view field : {"text", "thinking"}) tell(block, field, string_at(content, field).value_or(""));
  blocks_.insert_or_assign(index, std::move(block));
}

void MessagesParser::add_to_block(std::int64_t index, const Json& delta) {
  const std::string_view type = string_at(delta, "type").value_or("");
  const auto known = std::ranges::find(kDeltaFields, type, &DeltaField::type);
  if (!blocks_.contains(index)) {
    if (known == kDeltaFields.end()) return;
    open_block(index, JsonObject{{"type", known->block}, {known->field, ""}});
  }
  Block& block = blocks_.at(index);
  if (block.closed) return;
  JsonObject& content = block.content.get_object();
  if (known != kDeltaFields.end()) {
    const auto piece = string_at(delta, known->field);
    if (!piece) return;
    tell(block, known->field, *piece);
    append(content[known->field], Json(*piece));
  } else if (type == "input_json_delta") {
    const std::string_view piece = string_at(delta, "partial_json").value_or("");
    block.input += piece;
    if (block.call) builder_.call({.index = index, .id = {}, .name = {}, .arguments = piece});
  } else if (type == "citations_delta") {
    Json& citations = content["citations"];
    if (!citations.is_array()) citations = JsonArray{};
    if (const Json* citation = find(delta, "citation")) citations.get_array().push_back(*citation);
  } else if (delta.is_object()) {
    for (const auto& member : delta.get_object())
      if (member.key() != "type") append(content[member.key()], member.value());
  }
}

void MessagesParser::close_block(std::int64_t index) {
  const auto found = blocks_.find(index);
  if (found == blocks_.end() || found->second.closed) return;
  Block& block = found->second;
  block.closed = true;
  if (block.call && block.input.empty())
    if (const JsonObject* input = object_at(block.content, "input"); input != nullptr && !input->empty()) {
      block.input = to_text(*input);
      builder_.call({.index = index, .id = {}, .name = {}, .arguments = block.input});
    }
  if (auto input = parse_json(block.input, "input")) block.content.get_object()["input"] = std::move(*input);
  if (block.call) builder_.end_call(*block.call);
}

// The blocks in their order, if one of them holds more.
std::string MessagesParser::opaque() const {
  JsonArray content;
  bool more = false;
  for (const auto& [index, block] : blocks_) {
    const bool empty_text = block.type() == "text" && string_at(block.content, "text").value_or("").empty();
    if (!block.closed || empty_text) continue;
    more = more || block.holds_more();
    content.push_back(block.content);
  }
  if (!more) return {};
  return to_valid_utf8(to_text(JsonObject{{"dialect", "messages"}, {"host", speaker_.host}, {"model", speaker_.model}, {"content", std::move(content)}}));
}

Result<ModelReply> MessagesParser::finish(Body) {
  if (!ended_ && stop_reason_.empty()) return std::unexpected(truncated(speaker_));
  ModelReply reply = builder_.finish(finish_of(stop_reason_), ReplyBuilder::OpenCalls::AreCut);
  reply.opaque = opaque();
  reply.usage = {.input_tokens = input_ + cache_read_ + cache_written_, .output_tokens = output_, .cached_tokens = cache_read_};
  reply.id = id_;
  reply.model = model_;
  reply.finish_word = stop_reason_;
  return reply;
}

}  // namespace

std::unique_ptr<ReplyParser> messages_parser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered) {
  return std::make_unique<MessagesParser>(std::move(speaker), std::move(on_delta), offered);
}

}  // namespace zo
