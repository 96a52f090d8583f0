// A question to a person about one call: may it run, may it reach that host? It is a row, bound by a hash to the exact call, and holds
// until it is answered, expires, or its run ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/records.h"

namespace zo::limits {
inline constexpr std::int64_t kApprovalMs = 24LL * 60 * 60 * 1'000;  // a question to a person; then it counts as refused
inline constexpr std::size_t kNoteBytes = 2 * 1'024;                  // said to the model with a refusal
inline constexpr std::size_t kAsksOfACall = 8;                       // for one host after another; then it fails
}

namespace zo {

using ApprovalId = Id<struct ApprovalKind>;

// Policy: a rule wants a person asked before it runs. Network: it ran, and failed for want of that host. Repeat: an earlier call of that
// tool was cut off, and nobody knows what it told the outside.
enum class AskReason { Policy, Network, Repeat };
std::string_view ask_reason_name(AskReason reason);

// Dropped: its run ended before anybody answered.
enum class ApprovalState { Asked, Allowed, Refused, Expired, Dropped };
std::string_view approval_state_name(ApprovalState state);
std::optional<ApprovalState> approval_state_from_name(std::string_view name);

struct Approval {
  ApprovalId id;
  RunId run_id;
  ToolCallId tool_call_id;
  AskReason reason = AskReason::Policy;
  std::string destination;  // whom the call tells something; empty: nobody
  std::string bound;        // what a lasting yes would be for; empty: there is none
  std::string hash;         // of what is asked about
  ApprovalState state = ApprovalState::Asked;
  std::string note;         // of the person, to the model
  TimeMs created_at = 0;
  TimeMs expires_at = 0;
  std::optional<TimeMs> answered_at;

  // Of the call, as it stands in its own row.
  ConversationId conversation_id;
  std::string tool;
  std::string arguments;
  std::string summary;
};

// Which questions are meant; what is unset is no condition.
struct ApprovalFilter {
  std::optional<ApprovalState> state;
  std::optional<RunId> run;
};

// Of that call and that destination, and no other.
std::string approval_hash(std::string_view tool, std::string_view arguments, std::string_view destination);

// "the network: example.org", "the secret github", "the network: example.org and the secret github".
std::string wanted_words(std::string_view destination);
// "shell wants to run: git push", "This command wants the network: example.org".
std::string question_of(const Approval& approval);

// How a person answers. `hash` is what he was shown; another one is not answered.
struct ApprovalAnswer {
  PersonsAnswer answer = PersonsAnswer::No;
  std::string hash;
  std::string note;
};

#define ZO_APPROVAL_COLUMNS                                                                                                          \
  "approvals.id, approvals.run_id, approvals.tool_call_id, approvals.reason, approvals.destination, approvals.bound, approvals.hash, " \
  "approvals.state, approvals.note, approvals.created_at, approvals.expires_at, approvals.answered_at, runs.conversation_id, "        \
  "tool_calls.name, tool_calls.arguments, tool_calls.summary "                                                                        \
  "FROM approvals JOIN runs ON runs.id = approvals.run_id JOIN tool_calls ON tool_calls.id = approvals.tool_call_id"
Approval read_approval(const Rows& rows);
std::optional<Approval> find_approval(Transaction& tx, const PersonId& person, const ApprovalId& id);
void insert_approval(Transaction& tx, const PersonId& person, const Approval& approval);

}  // namespace zo
