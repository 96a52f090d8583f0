#include "agent/context.h"

#include "base/limits.h"
#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kBytesAToken = 3;
constexpr std::int64_t kTokensAFrame = 8;
constexpr std::size_t kShortened = 200;  // bytes that are kept of an old tool result when room is needed
constexpr int kRowsAtMost = 2'000;       // messages looked at, whatever their size

std::string call_result(const ToolCall& call, std::size_t bytes_max) {
  std::string text;
  if (call.state == CallState::Cancelled) text = "[cancelled by the person] ";
  if (call.state == CallState::Unknown) text = "[outcome unknown] ";
  if (call.exit_code && *call.exit_code != 0) text += fmt::format("[exit code {}] ", *call.exit_code);
  text += head_and_tail(call.output, bytes_max, static_cast<std::uint64_t>(call.output_bytes));
  return text.empty() ? "[no output]" : text;
}

// The index where the last turn, or the whole, begins.
std::size_t first_of_turn(const std::vector<Message>& messages, std::size_t from) {
  for (std::size_t i = from + 1; i < messages.size(); ++i)
    if (messages[i].role == Message::Role::User) return i;
  return messages.size();
}

std::string names_of(const std::vector<std::string>& files) {
  std::string names;
  for (const std::string& file : files) names += (names.empty() ? "" : ", ") + name_in_line(file);
  return names;
}

std::int64_t cost_of(Message& message, std::size_t tool_output_bytes) {
  if (message.context_tokens > 0) return message.context_tokens;
  std::vector<ModelMessage> shown;
  append_model_messages(message, tool_output_bytes, shown);
  for (const ModelMessage& one : shown) message.context_tokens += estimate_tokens(one);
  return message.context_tokens;
}

void cut_to_budget(ContextSection& section) {
  if (section.tokens_max > 0) section.text = std::string(utf8_prefix(section.text, static_cast<std::size_t>(section.tokens_max * kBytesAToken)));
}

// The sections that fit, joined; what they cost.
std::int64_t join_sections(std::vector<ContextSection> sections, std::int64_t tokens_max, Context& context) {
  std::ranges::for_each(sections, cut_to_budget);
  std::erase_if(sections, [](const ContextSection& section) { return section.text.empty(); });
  std::int64_t optional = 0;
  for (const ContextSection& section : sections)
    if (section.priority != ContextSection::kAlways) optional += estimate_tokens(section.text);
  // The tools alone may be more than a small window takes.
  while (optional > std::max<std::int64_t>(tokens_max, 0) / 4) {
    const auto least = std::ranges::min_element(sections, {}, &ContextSection::priority);
    optional -= estimate_tokens(least->text);
    context.sections_left_out.push_back(least->name);
    sections.erase(least);
  }
  for (const ContextSection& section : sections) {
    std::string& text = section.whose == ContextSection::Whose::Ours ? context.system : context.instructions;
    if (!text.empty()) text += "\n\n";
    text += section.text;
  }
  return estimate_tokens(system_of({.system = context.system, .instructions = context.instructions}));
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) { return static_cast<std::int64_t>(text.size()) / kBytesAToken + kTokensAFrame; }

std::int64_t estimate_tokens(const ModelMessage& message) {
  std::int64_t bytes = static_cast<std::int64_t>(message.text.size() + message.opaque.size());
  for (const ModelCall& call : message.calls) bytes += static_cast<std::int64_t>(call.arguments.size() + call.name.size() + 16);
  return bytes / kBytesAToken + kTokensAFrame;
}

void append_model_messages(const Message& message, std::size_t tool_output_bytes, std::vector<ModelMessage>& out) {
  ModelMessage shown;
  shown.text = message.text;
  if (message.role == Message::Role::User) {
    if (!message.files.empty()) shown.text += "\n\n[attached files in the workspace: " + names_of(message.files) + "]";
    out.push_back(std::move(shown));
    return;
  }
  shown.role = ModelMessage::Role::Assistant;
  shown.opaque = message.opaque;
  for (const ToolCall& call : message.tool_calls) shown.calls.push_back({call.call_id, call.name, call.arguments});
  if (shown.text.empty() && shown.calls.empty()) return;
  out.push_back(std::move(shown));
  for (const ToolCall& call : message.tool_calls) {
    ModelMessage result;
    result.role = ModelMessage::Role::Tool;
    result.text = call_result(call, tool_output_bytes);
    result.call_id = call.call_id;
    result.call_name = call.name;
    result.is_error = call.state != CallState::Ok;
    out.push_back(std::move(result));
  }
}

Result<Context> build_context(std::vector<ContextSection> sections, std::vector<Message>& messages, const ModelProfile& profile,
                              std::int64_t tokens_max, std::int64_t left_out_before) {
  Context context;
  context.left_out = left_out_before;
  const std::int64_t room = tokens_max - join_sections(std::move(sections), tokens_max, context);
  std::int64_t tokens = 0;
  for (Message& message : messages) tokens += cost_of(message, profile.tool_output_bytes);
  std::size_t begin = 0;
  while (tokens > room) {
    const std::size_t next = first_of_turn(messages, begin);
    if (next >= messages.size()) break;
    for (; begin < next; ++begin, ++context.left_out) tokens -= messages[begin].context_tokens;
  }
  for (std::size_t i = begin; i < messages.size(); ++i) append_model_messages(messages[i], profile.tool_output_bytes, context.messages);
  // Only the last turn is left: its tool results give way, the oldest first.
  auto result = context.messages.begin();
  for (std::size_t i = begin; i < messages.size(); ++i)
    for (const ToolCall& call : messages[i].tool_calls) {
      if (tokens <= room) return context;
      result = std::find_if(result, context.messages.end(), [](const ModelMessage& m) { return m.role == ModelMessage::Role::Tool; });
      tokens -= estimate_tokens(*result);
      result->text = call_result(call, kShortened);
      tokens += estimate_tokens(*result++);
    }
  if (tokens <= room) return context;
  return fail(Code::Exhausted,
              fmt::format("this message needs about {} tokens, more than the {} that {} can take", tokens, std::max<std::int64_t>(room, 0), profile.name),
              "shorten it, put the long part into a file, or choose a model with a larger window");
}

Task<Result<LoadedMessages>> load_messages(Store& store, PersonId person, ConversationId conversation, std::int64_t tokens_max) {
  auto question = [person = std::move(person), conversation = std::move(conversation), tokens_max](Transaction& tx) -> Result<LoadedMessages> {
    LoadedMessages loaded;
    std::int64_t bytes = 0;
    {
      const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS
                                 " FROM messages WHERE conversation_id = ? AND person_id = ? AND state = 'placed' ORDER BY position DESC LIMIT ?",
                                 conversation, person, kRowsAtMost);
      while (bytes <= tokens_max * kBytesAToken && rows->next()) {
        loaded.messages.push_back(read_message(*rows));
        bytes += static_cast<std::int64_t>(loaded.messages.back().text.size());
      }
    }
    std::ranges::reverse(loaded.messages);
    attach_calls(tx, person, loaded.messages);
    // Cut to the beginning of a turn, so that no answer stands without its question.
    if (!loaded.messages.empty() && loaded.messages.front().role == Message::Role::Assistant) {
      const std::size_t first = first_of_turn(loaded.messages, 0);
      loaded.messages.erase(loaded.messages.begin(), loaded.messages.begin() + static_cast<std::ptrdiff_t>(first));
    }
    loaded.older = tx.number("SELECT COUNT(*) FROM messages WHERE conversation_id = ? AND person_id = ? AND state = 'placed'", conversation, person) -
                   static_cast<std::int64_t>(loaded.messages.size());
    return loaded;
  };
  co_return co_await store.read(std::move(question));
}

}  // namespace zo
