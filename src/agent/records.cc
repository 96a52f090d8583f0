#include "agent/records.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 8> kCallStates{"asked", "pending", "running", "ok", "failed", "cancelled", "unknown", "refused"};
constexpr std::array<std::string_view, 4> kMessageStates{"queued", "placed", "superseded", "removed"};
constexpr std::size_t kLeftDiffBytes = 256 * limits::KiB;  // told of one run
constexpr std::array<std::string_view, 6> kRunStates{"running", "waiting", "done", "failed", "cancelled", "limited"};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

template <class IdType>
std::optional<IdType> optional_id(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return rows.id<IdType>(column);
}

}  // namespace

std::string_view call_state_name(CallState state) { return kCallStates[static_cast<std::size_t>(state)]; }
std::string_view message_state_name(MessageState state) { return kMessageStates[static_cast<std::size_t>(state)]; }
std::string_view run_state_name(RunState state) { return kRunStates[static_cast<std::size_t>(state)]; }

std::string_view answer_name(PersonsAnswer answer) { return answer == PersonsAnswer::Yes ? "yes" : "no"; }

CallState call_state_from_name(std::string_view name) {
  return from_name<CallState>(kCallStates, name).value_or(CallState::Unknown);
}
std::optional<MessageState> message_state_from_name(std::string_view name) { return from_name<MessageState>(kMessageStates, name); }
std::optional<RunState> run_state_from_name(std::string_view name) { return from_name<RunState>(kRunStates, name); }

Message read_message(const Rows& rows) {
  Message m;
  m.id = rows.id<MessageId>(0);
  m.conversation_id = rows.id<ConversationId>(1);
  m.run_id = optional_id<RunId>(rows, 2);
  m.position = rows.optional_integer(3);
  m.role = rows.text(4) == "user" ? Message::Role::User : Message::Role::Assistant;
  m.origin = origin_from_name(rows.text(5));
  m.state = message_state_from_name(rows.text(6)).value_or(MessageState::Placed);
  if (const auto step = rows.optional_integer(7)) m.step = static_cast<int>(*step);
  m.text = rows.string(8);
  m.reasoning = rows.string(9);
  m.opaque = rows.string(10);
  m.finish = rows.string(11);
  m.files = list_from_text(rows.text(12));
  m.created_at = rows.integer(13);
  m.taint = Taint::from_text(rows.text(14));
  if (!rows.is_null(15)) m.usage = Usage{.input_tokens = rows.integer(15), .output_tokens = rows.integer(16), .is_estimated = !rows.is_null(17)};
  return m;
}

ToolCall read_call(const Rows& rows) {
  ToolCall c;
  c.id = rows.id<ToolCallId>(0);
  c.run_id = rows.id<RunId>(1);
  c.message_id = rows.id<MessageId>(2);
  c.step = static_cast<int>(rows.integer(3));
  c.place = static_cast<int>(rows.integer(4));
  c.call_id = rows.string(5);
  c.name = rows.string(6);
  c.arguments = rows.string(7);
  c.summary = rows.string(8);
  c.state = call_state_from_name(rows.text(9));
  c.origin = origin_from_name(rows.text(10));
  c.output = rows.string(11);
  c.output_bytes = rows.integer(12);
  c.exit_code = rows.optional_integer(13);
  c.diff = rows.optional_string(14);
  c.children = list_from_text(rows.text(15));
  c.started_at = rows.optional_integer(16);
  c.elapsed_ms = rows.optional_integer(17);
  c.left = left_from_text(rows.text(18));
  if (!rows.is_null(19)) c.answer = rows.text(19) == "yes" ? PersonsAnswer::Yes : PersonsAnswer::No;
  return c;
}

Run read_run(const Rows& rows) {
  Run r;
  r.id = rows.id<RunId>(0);
  r.person_id = rows.id<PersonId>(1);
  r.conversation_id = rows.id<ConversationId>(2);
  r.parent_run_id = optional_id<RunId>(rows, 3);
  r.depth = static_cast<int>(rows.integer(4));
  r.state = run_state_from_name(rows.text(5)).value_or(RunState::Failed);
  r.model = rows.string(6);
  r.tools = Allowance::from_text(rows.text(7));
  r.options = options_from_text(rows.text(8));
  r.step = static_cast<int>(rows.integer(9));
  r.steps_max = static_cast<int>(rows.integer(10));
  r.attempt = rows.integer(11);
  r.input_tokens = rows.integer(12);
  r.output_tokens = rows.integer(13);
  if (!rows.is_null(14)) r.error = Error{code_from_name(rows.text(14)), rows.string(15), rows.string(16)};
  r.created_at = rows.integer(17);
  r.finished_at = rows.optional_integer(18);
  r.last_event = rows.integer(19);
  r.token_id = rows.id<TokenId>(20);
  r.taint = Taint::from_text(rows.text(21));
  return r;
}

std::optional<Run> find_run(Transaction& tx, const PersonId& person, const RunId& id) {
  const auto rows = tx.query("SELECT " ZO_RUN_COLUMNS " FROM runs WHERE id = ? AND person_id = ?", id, person);
  if (!rows->next()) return std::nullopt;
  return read_run(*rows);
}

void attach_calls(Transaction& tx, const PersonId& person, std::vector<Message>& messages) {
  for (Message& message : messages) {
    if (message.role != Message::Role::Assistant) continue;
    const auto rows = tx.query("SELECT " ZO_CALL_COLUMNS " FROM tool_calls WHERE message_id = ? AND person_id = ? ORDER BY place",
                               message.id, person);
    while (rows->next()) message.tool_calls.push_back(read_call(*rows));
  }
}

JsonArray to_json(const std::vector<LeftFile>& left) {
  JsonArray items;
  for (const LeftFile& file : left)
    items.emplace_back(JsonObject{{"path", to_valid_utf8(file.path)}, {"diff", file.diff}, {"removed", file.removed}});
  return items;
}

std::optional<std::string> left_to_text(const std::vector<LeftFile>& left) {
  if (left.empty()) return std::nullopt;
  return to_text(Json(to_json(left)));
}

std::vector<LeftFile> left_from_json(const JsonArray& items) {
  std::vector<LeftFile> left;
  for (const Json& item : items)
    left.push_back({std::string(string_at(item, "path").value_or("")), std::string(string_at(item, "diff").value_or("")),
                    bool_at(item, "removed").value_or(false)});
  return left;
}

std::vector<LeftFile> left_from_text(std::string_view text) {
  if (text.empty()) return {};
  const Result<Json> value = parse_json(text, "files that were left");
  return value && value->is_array() ? left_from_json(value->get_array()) : std::vector<LeftFile>{};
}

void add_left(std::vector<LeftFile>& all, const std::vector<LeftFile>& more) {
  std::size_t room = kLeftDiffBytes;
  for (const LeftFile& file : all) room -= std::min(room, file.diff.size());
  for (const LeftFile& file : more) {
    auto known = std::ranges::find(all, file.path, &LeftFile::path);
    if (known == all.end()) known = all.insert(all.end(), LeftFile{.path = file.path});
    known->removed = file.removed;
    // Calls that work side by side may see the same change.
    if (file.diff.size() > room || known->diff.ends_with(file.diff)) continue;
    known->diff += file.diff;
    room -= file.diff.size();
  }
}

std::string options_to_text(const RunOptions& options) {
  JsonObject out;
  if (!options.response_schema.empty()) out["response_schema"] = options.response_schema;
  if (!options.instructions.empty()) out["instructions"] = options.instructions;
  if (options.replaces_from) out["replaces_from"] = *options.replaces_from;
  if (options.egress != RunOptions{}.egress) out["egress"] = options.egress;
  if (options.refuses_asks) out["refuses_asks"] = true;
  return to_text(out);
}

RunOptions options_from_text(std::string_view text) {
  RunOptions options;
  if (const Result<Json> value = parse_json(text, "options")) {
    options.response_schema = std::string(string_at(*value, "response_schema").value_or(""));
    options.instructions = std::string(string_at(*value, "instructions").value_or(""));
    options.replaces_from = integer_at(*value, "replaces_from");
    options.egress = std::string(string_at(*value, "egress").value_or(options.egress));
    options.refuses_asks = bool_at(*value, "refuses_asks").value_or(false);
  }
  return options;
}

std::optional<std::string> list_to_text(const std::vector<std::string>& items) {
  if (items.empty()) return std::nullopt;
  return to_text(JsonObject{{"list", boost::json::value_from(items)}}.at("list"));
}

std::vector<std::string> list_from_json(const JsonArray& items) {
  std::vector<std::string> list;
  for (const Json& item : items)
    if (item.is_string()) list.emplace_back(std::string_view(item.get_string()));
  return list;
}

std::vector<std::string> list_from_text(std::string_view text) {
  if (text.empty()) return {};
  const Result<Json> value = parse_json(text, "a list");
  return value && value->is_array() ? list_from_json(value->get_array()) : std::vector<std::string>{};
}

}  // namespace zo
