#include "agent/conversations.h"

#include "agent/versions.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

// The run of the first parameter, and those of its sub-agents.
#define ZO_RUN_AND_SUBAGENTS \
  "WITH RECURSIVE those (id) AS (SELECT ? UNION SELECT r.id FROM runs r JOIN those t ON r.parent_run_id = t.id) "
#define ZO_CONVERSATION_COLUMNS                       \
  "id, title, model, created_at, updated_at, "        \
  "(SELECT id FROM runs WHERE runs.conversation_id = conversations.id AND finished_at IS NULL), egress"

Conversation read_conversation(const Rows& rows) {
  Conversation c;
  c.id = rows.id<ConversationId>(0);
  c.title = rows.string(1);
  c.model = rows.optional_string(2);
  c.created_at = rows.integer(3);
  c.updated_at = rows.integer(4);
  if (!rows.is_null(5)) c.active_run_id = rows.id<RunId>(5);
  c.egress = rows.string(6);
  return c;
}

Conversation read_found(const Rows& rows) {
  Conversation c = read_conversation(rows);
  if (!rows.is_null(7)) c.match = rows.id<MessageId>(7);
  return c;
}

Error no_conversation(const ConversationId& id) { return no_such("conversation", id.text()); }

Result<Conversation> find_in(Transaction& tx, const PersonId& person, const ConversationId& id) {
  const auto rows = tx.query("SELECT " ZO_CONVERSATION_COLUMNS " FROM conversations WHERE id = ? AND person_id = ?", id, person);
  if (!rows->next()) return std::unexpected(no_conversation(id));
  return read_conversation(*rows);
}

// The message that began it; one that answers anew has none of its own, and answers the last before it.
std::string question_of_run(Transaction& tx, const Run& run) {
  const auto own = tx.query("SELECT substr(text, 1, ?) FROM messages WHERE conversation_id = ? AND person_id = ? AND run_id = ? AND role = 'user' ORDER BY id LIMIT 1",
                            limits::kTitleChars, run.conversation_id, run.person_id, run.id);
  if (own->next()) return own->string(0);
  const auto earlier = tx.query(
      "SELECT substr(text, 1, ?) FROM messages WHERE conversation_id = ? AND person_id = ? AND role = 'user' AND state = 'placed' AND created_at <= ? "
      "ORDER BY id DESC LIMIT 1",
      limits::kTitleChars, run.conversation_id, run.person_id, run.created_at);
  return earlier->next() ? earlier->string(0) : std::string();
}

// By message that stands in another's place. Nothing is read of the messages where no run has replaced any.
Versions versions_in(Transaction& tx, const PersonId& person, const ConversationId& id) {
  Cuts cuts;
  {
    const auto rows = tx.query("SELECT id, options FROM runs WHERE conversation_id = ? AND person_id = ? AND options LIKE '%replaces_from%'", id, person);
    while (rows->next())
      if (const auto from = options_from_text(rows->text(1)).replaces_from) cuts.emplace(rows->id<RunId>(0), *from);
  }
  if (cuts.empty()) return {};
  std::vector<PlacedMessage> all;
  const auto rows = tx.query(
      "SELECT id, run_id, position FROM messages WHERE conversation_id = ? AND person_id = ? AND state IN ('placed', 'superseded') "
      "ORDER BY position",
      id, person);
  while (rows->next())
    all.push_back({rows->id<MessageId>(0), rows->is_null(1) ? std::nullopt : std::optional(rows->id<RunId>(1)), rows->integer(2)});
  return versions_of(all, cuts);
}

// A cursor is "time-id" of the last row that was shown.
struct Cursor {
  std::int64_t at = INT64_MAX;
  std::string id;
};
Cursor read_cursor(std::string_view text) {
  Cursor cursor;
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return cursor;
  std::int64_t at = 0;
  for (char c : text.substr(0, std::min<std::size_t>(dash, 15))) at = c >= '0' && c <= '9' ? at * 10 + (c - '0') : at;
  return {at, std::string(text.substr(dash + 1))};
}

// Conversations of sub-agents of the runs of `id`, and theirs: children before parents.
void collect_children(Transaction& tx, const PersonId& person, const ConversationId& id, std::vector<ConversationId>& out) {
  std::vector<ConversationId> children;
  {
    const auto rows = tx.query(
        "SELECT conversation_id FROM runs WHERE person_id = ? AND parent_run_id IN (SELECT id FROM runs AS r WHERE r.conversation_id = ?)",
        person, id);
    while (rows->next()) children.push_back(rows->id<ConversationId>(0));
  }
  for (const ConversationId& child : children) collect_children(tx, person, child, out);
  out.push_back(id);
}

// False, and nothing is to be kept, while a run works in it: the unique key of working runs guards against one that begins meanwhile.
bool remove_rows(Transaction& tx, const PersonId& person, const ConversationId& id) {
  tx.change(
      "DELETE FROM outputs WHERE person_id = ? AND tool_call_id IN "
      "(SELECT c.id FROM tool_calls c JOIN runs r ON r.id = c.run_id WHERE r.conversation_id = ?)",
      person, id);
  tx.change("DELETE FROM approvals WHERE person_id = ? AND run_id IN (SELECT id FROM runs WHERE conversation_id = ?)", person, id);
  tx.change("DELETE FROM tool_calls WHERE person_id = ? AND run_id IN (SELECT id FROM runs WHERE conversation_id = ?)", person, id);
  tx.change("DELETE FROM events WHERE person_id = ? AND run_id IN (SELECT id FROM runs WHERE conversation_id = ?)", person, id);
  tx.change("DELETE FROM messages WHERE person_id = ? AND conversation_id = ?", person, id);
  tx.change("DELETE FROM runs WHERE person_id = ? AND conversation_id = ? AND finished_at IS NOT NULL", person, id);
  return tx.change(
             "DELETE FROM conversations WHERE person_id = ? AND id = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE conversation_id = conversations.id)",
             person, id) == 1;
}

}  // namespace

Task<Result<Page<Conversation>>> Conversations::list(PersonId person, std::string search, std::string after, std::size_t limit) {
  auto question = [=](Transaction& tx) -> Result<Page<Conversation>> {
    const Cursor from = read_cursor(after);
    const auto rows = tx.query(
        "SELECT " ZO_CONVERSATION_COLUMNS
        ", CASE WHEN ? = '' THEN NULL ELSE (SELECT m.id FROM messages m WHERE m.conversation_id = conversations.id "
        "AND m.state = 'placed' AND contains_text(m.text, ?) ORDER BY m.position DESC LIMIT 1) END"
        " FROM conversations WHERE person_id = ? AND parent_run_id IS NULL "
        "AND (updated_at < ? OR (updated_at = ? AND id < ?)) "
        "AND (? = '' OR contains_text(title, ?) OR EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = conversations.id "
        "AND m.state = 'placed' AND contains_text(m.text, ?))) "
        "ORDER BY updated_at DESC, id DESC LIMIT ?",
        search, search, person, from.at, from.at, from.id, search, search, search, limit + 1);
    Page<Conversation> page;
    while (rows->next()) page.items.push_back(read_found(*rows));
    if (page.items.size() > limit) {
      page.items.resize(limit);
      page.next = fmt::format("{}-{}", page.items.back().updated_at, page.items.back().id.text());
    }
    return page;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Conversation>> Conversations::create(PersonId person, std::string title, std::optional<std::string> model, std::string client_key) {
  const TimeMs now = clock_.now();
  auto change = [=, id = ConversationId::make(dice_, now), title = one_line(title, limits::kTitleChars)](Transaction& tx) -> Result<Conversation> {
    const auto key = client_key.empty() ? std::nullopt : std::optional(client_key);
    if (tx.change("INSERT INTO conversations (id, person_id, title, model, client_key, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
                  "ON CONFLICT (person_id, client_key) WHERE client_key IS NOT NULL DO NOTHING",
                  id, person, title, model, key, now, now) == 1)
      return find_in(tx, person, id);
    const auto rows = tx.query("SELECT " ZO_CONVERSATION_COLUMNS " FROM conversations WHERE person_id = ? AND client_key = ?", person, key);
    rows->next();
    return read_conversation(*rows);
  };
  Result<Conversation> made = co_await store_.write(std::move(change));
  if (made) notices_.tell(person, {Notice::What::Conversation, made->id.string()});
  co_return made;
}

Task<Result<Conversation>> Conversations::find(PersonId person, ConversationId id) {
  auto question = [=](Transaction& tx) { return find_in(tx, person, id); };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Conversation>> Conversations::change(PersonId person, ConversationId id, ConversationChange wanted) {
  if (wanted.title) wanted.title = one_line(*wanted.title, limits::kTitleChars);
  if (wanted.title && wanted.title->empty()) co_return fail(Code::Invalid, "the title is empty", "give it a few words");
  auto change = [=](Transaction& tx) -> Result<Conversation> {
    if (wanted.title) tx.change("UPDATE conversations SET title = ? WHERE id = ? AND person_id = ?", *wanted.title, id, person);
    if (wanted.model || wanted.clear_model)
      tx.change("UPDATE conversations SET model = ? WHERE id = ? AND person_id = ?", wanted.model, id, person);
    if (wanted.egress) tx.change("UPDATE conversations SET egress = ? WHERE id = ? AND person_id = ?", *wanted.egress, id, person);
    return find_in(tx, person, id);
  };
  Result<Conversation> changed = co_await store_.write(std::move(change));
  if (changed) notices_.tell(person, {Notice::What::Conversation, id.string()});
  co_return changed;
}

Task<Result<>> Conversations::remove(PersonId person, ConversationId id) {
  auto change = [=](Transaction& tx) -> Result<> {
    ZO_TRY(const Conversation found, find_in(tx, person, id));
    std::vector<ConversationId> all;
    collect_children(tx, person, found.id, all);
    for (const ConversationId& one : all)
      if (!remove_rows(tx, person, one)) return fail(Code::Conflict, "a run works in this conversation", "stop the run first");
    return {};
  };
  const Result<> removed = co_await store_.write_to_make_room(std::move(change));
  if (removed) notices_.tell(person, {Notice::What::Conversation, id.string()});
  co_return removed;
}

Task<Result<Page<Message>>> Conversations::messages(PersonId person, ConversationId id, std::int64_t after_position, std::size_t limit) {
  auto question = [=](Transaction& tx) -> Result<Page<Message>> {
    ZO_TRY(const Conversation found, find_in(tx, person, id));
    Page<Message> page;
    {
      const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS
                                 " FROM messages WHERE conversation_id = ? AND person_id = ? AND state = 'placed' AND position > ? "
                                 "ORDER BY position LIMIT ?",
                                 found.id, person, after_position, limit + 1);
      while (rows->next()) page.items.push_back(read_message(*rows));
    }
    if (page.items.size() > limit) {
      page.items.resize(limit);
      page.next = std::to_string(*page.items.back().position);
    } else {
      const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE conversation_id = ? AND person_id = ? AND state = 'queued' ORDER BY id",
                                 found.id, person);
      while (rows->next()) page.items.push_back(read_message(*rows));
    }
    attach_calls(tx, person, page.items);
    const Versions versions = versions_in(tx, person, found.id);
    for (Message& message : page.items)
      if (const auto earlier = versions.find(message.id); earlier != versions.end()) message.versions = earlier->second.size();
    return page;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Page<Message>>> Conversations::version(PersonId person, ConversationId id, MessageId message, std::size_t number,
                                                   std::int64_t after_position, std::size_t limit) {
  auto question = [=](Transaction& tx) -> Result<Page<Message>> {
    ZO_TRY(const Conversation found, find_in(tx, person, id));
    const Versions versions = versions_in(tx, person, found.id);
    const auto of = versions.find(message);
    if (of == versions.end()) return std::unexpected(no_such("message with earlier versions", message.text(), "reload the conversation"));
    if (number < 1 || number > of->second.size())
      return fail(Code::NotFound, fmt::format("there is no version {} of this message: it has {} before it", number, of->second.size()));
    Page<Message> page;
    for (const MessageId& one : of->second[number - 1]) {
      const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE id = ? AND person_id = ? AND position > ?", one, person, after_position);
      if (!rows->next()) continue;
      if (page.items.size() == limit) {
        page.next = std::to_string(*page.items.back().position);
        break;
      }
      page.items.push_back(read_message(*rows));
    }
    attach_calls(tx, person, page.items);
    return page;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<>> Conversations::remove_queued(PersonId person, ConversationId id, MessageId message) {
  auto change = [=](Transaction& tx) -> Result<> {
    if (tx.change("UPDATE messages SET state = 'removed' WHERE id = ? AND conversation_id = ? AND person_id = ? AND state = 'queued'", message,
                  id, person) == 1)
      return {};
    if (tx.number("SELECT COUNT(*) FROM messages WHERE id = ? AND conversation_id = ? AND person_id = ?", message, id, person) == 0)
      return std::unexpected(no_such("message of this conversation", message.text()));
    return fail(Code::Conflict, "the run has taken this message already", "edit it instead, once the run has ended");
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<Page<ListedRun>>> Conversations::runs(PersonId person, std::optional<ConversationId> conversation, std::optional<RunState> state,
                                                  std::string after, std::size_t limit) {
  auto question = [=](Transaction& tx) -> Result<Page<ListedRun>> {
    const std::string_view in = conversation ? conversation->text() : "";
    const std::string_view wanted = state ? run_state_name(*state) : "";
    const std::string from = after.empty() ? "~" : after;  // ids are ASCII below '~'
    const auto rows = tx.query("SELECT " ZO_RUN_COLUMNS
                               " FROM runs WHERE person_id = ? AND id < ? AND (? = '' OR conversation_id = ?) AND (? = '' OR state = ?) "
                               "ORDER BY id DESC LIMIT ?",
                               person, from, in, in, wanted, wanted, limit + 1);
    Page<ListedRun> page;
    while (rows->next()) page.items.push_back({read_run(*rows), {}});
    if (page.items.size() > limit) {
      page.items.resize(limit);
      page.next = page.items.back().run.id.string();
    }
    for (ListedRun& item : page.items) item.question = question_of_run(tx, item.run);
    return page;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::string>> Conversations::output(PersonId person, ToolCallId call) {
  auto question = [=](Transaction& tx) -> Result<std::string> {
    const auto rows = tx.query(
        "SELECT COALESCE(o.text, c.output) FROM tool_calls c LEFT JOIN outputs o ON o.tool_call_id = c.id WHERE c.id = ? AND c.person_id = ?",
        call, person);
    if (!rows->next()) return std::unexpected(no_such("tool call", call.text()));
    return rows->string(0);
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<FreedOutputs>> Conversations::free_outputs(PersonId person, RunId run) {
  auto change = [=](Transaction& tx) -> Result<FreedOutputs> {
    if (tx.number("SELECT COUNT(*) FROM runs WHERE id = ? AND person_id = ?", run, person) == 0) return std::unexpected(no_such("run", run.text()));
    FreedOutputs freed;
    // The size is counted without reading the texts.
    freed.bytes = tx.number(
        ZO_RUN_AND_SUBAGENTS
        "SELECT SUM(CASE WHEN c.output_bytes < ? THEN c.output_bytes ELSE ? END) FROM outputs o JOIN tool_calls c ON c.id = o.tool_call_id "
        "JOIN those t ON t.id = c.run_id WHERE o.person_id = ?",
        run, limits::kOutputKept, limits::kOutputKept, person);
    freed.outputs = tx.change(
        ZO_RUN_AND_SUBAGENTS
        "DELETE FROM outputs WHERE person_id = ? AND tool_call_id IN (SELECT c.id FROM tool_calls c JOIN those t ON t.id = c.run_id)",
        run, person);
    return freed;
  };
  co_return co_await store_.write_to_make_room(std::move(change));
}

std::string to_markdown(const Conversation& conversation, const std::vector<Message>& messages) {
  std::string out = "# " + conversation.title + "\n";
  for (const Message& message : messages) {
    out += message.role == Message::Role::User ? "\n## You\n\n" : "\n## Zo\n\n";
    if (!message.text.empty()) out += message.text + "\n";
    for (const ToolCall& call : message.tool_calls)
      out += fmt::format("\n```\n{} {} — {}\n{}\n```\n", call.name, call.summary, call_state_name(call.state), call.output);
  }
  return out;
}

}  // namespace zo
