#include "agent/approval.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kSecret = "secret:";  // before the name of one, among hosts
constexpr std::array<std::string_view, 3> kReasons{"policy", "network", "repeat"};
constexpr std::array<std::string_view, 5> kStates{"asked", "allowed", "refused", "expired", "dropped"};

}  // namespace

std::string_view ask_reason_name(AskReason reason) { return kReasons[static_cast<std::size_t>(reason)]; }
std::string_view approval_state_name(ApprovalState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<ApprovalState> approval_state_from_name(std::string_view name) {
  const auto found = std::ranges::find(kStates, name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<ApprovalState>(found - kStates.begin());
}

std::string approval_hash(std::string_view tool, std::string_view arguments, std::string_view destination) {
  const std::string lengths = fmt::format("{} {} {}\n", tool.size(), arguments.size(), destination.size());
  return hash_hex({lengths, tool, arguments, destination});
}

std::string wanted_words(std::string_view destination) {
  std::string hosts;
  std::string secrets;
  for (std::string_view word : split(destination, ' ')) {
    const bool is_secret = word.starts_with(kSecret);
    std::string& of = is_secret ? secrets : hosts;
    if (!of.empty()) of += ' ';
    of += is_secret ? word.substr(kSecret.size()) : word;
  }
  if (!hosts.empty()) hosts = "the network: " + hosts;
  if (!secrets.empty()) secrets = "the secret " + secrets;
  return hosts + (hosts.empty() || secrets.empty() ? "" : " and ") + secrets;
}

std::string question_of(const Approval& approval) {
  if (approval.reason == AskReason::Network) return "This command wants " + wanted_words(approval.destination);
  if (approval.reason == AskReason::Repeat) return fmt::format("An earlier {} was cut off, and whether it reached the outside is not known. Now it wants to run: {}", approval.tool, approval.summary);
  if (approval.destination.empty()) return fmt::format("{} wants to run: {}", approval.tool, approval.summary);
  return fmt::format("{} wants to reach {}: {}", approval.tool, approval.destination, approval.summary);
}

Approval read_approval(const Rows& rows) {
  Approval a;
  a.id = rows.id<ApprovalId>(0);
  a.run_id = rows.id<RunId>(1);
  a.tool_call_id = rows.id<ToolCallId>(2);
  const auto reason = std::ranges::find(kReasons, rows.text(3));
  a.reason = reason == kReasons.end() ? AskReason::Policy : static_cast<AskReason>(reason - kReasons.begin());
  a.destination = rows.string(4);
  a.bound = rows.string(5);
  a.hash = rows.string(6);
  a.state = approval_state_from_name(rows.text(7)).value_or(ApprovalState::Dropped);
  a.note = rows.string(8);
  a.created_at = rows.integer(9);
  a.expires_at = rows.integer(10);
  a.answered_at = rows.optional_integer(11);
  a.conversation_id = rows.id<ConversationId>(12);
  a.tool = rows.string(13);
  a.arguments = rows.string(14);
  a.summary = rows.string(15);
  return a;
}

std::optional<Approval> find_approval(Transaction& tx, const PersonId& person, const ApprovalId& id) {
  const auto rows = tx.query("SELECT " ZO_APPROVAL_COLUMNS " WHERE approvals.id = ? AND approvals.person_id = ?", id, person);
  if (!rows->next()) return std::nullopt;
  return read_approval(*rows);
}

void insert_approval(Transaction& tx, const PersonId& person, const Approval& a) {
  tx.change(
      "INSERT INTO approvals (id, person_id, run_id, tool_call_id, reason, destination, bound, hash, state, note, created_at, expires_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      a.id, person, a.run_id, a.tool_call_id, ask_reason_name(a.reason), a.destination, a.bound, a.hash, approval_state_name(a.state), a.note,
      a.created_at, a.expires_at);
}

}  // namespace zo
