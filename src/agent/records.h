// The rows of a conversation as values: what the store holds, what events and the API show. One spelling from column to field
// to JSON key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/allowance.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "store/transaction.h"
#include "tool/taint.h"
#include "tool/tool.h"

namespace zo {

struct Conversation {
  ConversationId id;
  std::string title;
  std::optional<std::string> model;
  std::string egress = "off";  // what the commands of its runs reach, when a person begins them
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
  std::optional<RunId> active_run_id;
  std::optional<MessageId> match;  // in the answer to a search: the newest message that holds the words
};

// Asked: a person decides whether it runs. Pending: it is decided that it runs. Refused: the person said no.
enum class CallState { Asked, Pending, Running, Ok, Failed, Cancelled, Unknown, Refused };
std::string_view call_state_name(CallState state);
CallState call_state_from_name(std::string_view name);

// What a person says to a call that was asked about.
enum class PersonsAnswer { Yes, No };
std::string_view answer_name(PersonsAnswer answer);

struct ToolCall {
  ToolCallId id;
  RunId run_id;
  MessageId message_id;
  int step = 0;
  int place = 0;        // in the order asked
  std::string call_id;  // the provider's
  std::string name;
  std::string arguments;  // JSON object as text
  std::string summary;
  CallState state = CallState::Pending;
  std::optional<PersonsAnswer> answer;  // to one that was asked about
  Origin origin = Origin::Tool;
  std::string output;  // head and tail
  std::int64_t output_bytes = 0;
  std::optional<std::int64_t> exit_code;
  std::optional<std::string> diff;
  std::vector<std::string> children;
  std::optional<TimeMs> started_at;
  std::optional<std::int64_t> elapsed_ms;
  std::vector<LeftFile> left;  // what the owner's tools may run, made or changed by it
};

enum class MessageState { Queued, Placed, Superseded, Removed };
std::string_view message_state_name(MessageState state);
std::optional<MessageState> message_state_from_name(std::string_view name);

struct Message {
  enum class Role { User, Assistant };
  MessageId id;
  ConversationId conversation_id;
  std::optional<RunId> run_id;
  std::optional<std::int64_t> position;  // none while queued
  Role role = Role::User;
  Origin origin = Origin::Person;
  MessageState state = MessageState::Placed;
  std::optional<int> step;
  std::string text;
  std::string reasoning;
  std::string opaque;
  std::string finish;
  std::vector<std::string> files;
  Taint taint;                // what the run that said it had seen
  std::optional<Usage> usage;  // of its step
  TimeMs created_at = 0;
  std::vector<ToolCall> tool_calls;
  std::size_t versions = 0;         // that stood in its place before it; counted where messages are listed
  std::int64_t context_tokens = 0;  // what showing it to the model costs, about; 0: not estimated yet (agent/context.h)
};

// Waiting: for a person; nothing of it works.
enum class RunState { Running, Waiting, Done, Failed, Cancelled, Limited };
std::string_view run_state_name(RunState state);
std::optional<RunState> run_state_from_name(std::string_view name);

// A run's own wishes.
struct RunOptions {
  std::string response_schema;
  std::string instructions;
  std::optional<std::int64_t> replaces_from;  // position: what stood from there on, it has replaced
  std::string egress = "off";                 // what its commands reach of the network, in the words of sandbox/egress
  bool refuses_asks = false;                  // nobody is there to be asked: what would be asked about does not run
};

struct Run {
  RunId id;
  PersonId person_id;
  TokenId token_id;     // whose it is; empty: the person's at the machine itself
  ConversationId conversation_id;
  std::optional<RunId> parent_run_id;
  int depth = 0;
  RunState state = RunState::Running;
  std::string model;
  Allowance tools;
  RunOptions options;
  Taint taint;  // what it has seen: only ever more
  int step = 0;
  int steps_max = 0;
  std::int64_t attempt = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::optional<Error> error;
  TimeMs created_at = 0;
  std::optional<TimeMs> finished_at;
  std::int64_t last_event = 0;
};

// Column lists and the readers that fit them.
#define ZO_MESSAGE_COLUMNS \
  "id, conversation_id, run_id, position, role, origin, state, step, text, reasoning, opaque, finish, files, created_at, taint, " \
  "input_tokens, output_tokens, tokens_estimated"
#define ZO_CALL_COLUMNS                                                                                               \
  "id, run_id, message_id, step, place, call_id, name, arguments, summary, state, origin, output, output_bytes, exit_code, " \
  "diff, children, started_at, elapsed_ms, left_files, answer"
#define ZO_RUN_COLUMNS                                                                                                  \
  "id, person_id, conversation_id, parent_run_id, depth, state, model, tools, options, step, steps_max, attempt, "      \
  "input_tokens, output_tokens, error_code, error_message, error_advice, created_at, finished_at, "                     \
  "(SELECT MAX(number) FROM events WHERE events.run_id = runs.id), token_id, taint"
Message read_message(const Rows& rows);
ToolCall read_call(const Rows& rows);
Run read_run(const Rows& rows);
std::optional<Run> find_run(Transaction& tx, const PersonId& person, const RunId& id);
// Adds their tool calls to assistant messages.
void attach_calls(Transaction& tx, const PersonId& person, std::vector<Message>& messages);

// As in events and the API; and the same in one column.
JsonArray to_json(const std::vector<LeftFile>& left);
std::vector<LeftFile> left_from_json(const JsonArray& items);
std::optional<std::string> left_to_text(const std::vector<LeftFile>& left);
std::vector<LeftFile> left_from_text(std::string_view text);
// What several calls left: each path once, with its changes one behind the other. Changes beyond 256 KiB in all are left out.
void add_left(std::vector<LeftFile>& all, const std::vector<LeftFile>& more);
// In one column, as JSON.
std::string options_to_text(const RunOptions& options);
RunOptions options_from_text(std::string_view text);
// Lists of names in one column: JSON arrays of strings.
std::optional<std::string> list_to_text(const std::vector<std::string>& items);
std::vector<std::string> list_from_text(std::string_view text);
std::vector<std::string> list_from_json(const JsonArray& items);  // what is no string is left out

}  // namespace zo
