// The journal's part about what a person is asked: questions, answers, and the runs that wait for them.
#include "agent/journal_rows.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {

Task<Result<>> Journal::ask_call(Run run, Approval approval) {
  auto change = [run = std::move(run), approval = std::move(approval)](Transaction& tx) -> Result<> {
    ZO_OK(hold(tx, run));
    const ToolCallId& call = approval.tool_call_id;
    if (tx.change("UPDATE tool_calls SET state = 'asked' WHERE id = ? AND person_id = ? AND state = 'pending'", call, run.person_id) != 1)
      return fail(Code::Conflict, fmt::format("tool call {} is no longer waiting", call.text()));
    insert_approval(tx, run.person_id, approval);
    return {};
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<>> Journal::ask_again(Run run, ToolCall call, Approval approval, std::int64_t number) {
  auto change = [run = std::move(run), call = std::move(call), approval = std::move(approval), number](Transaction& tx) -> Result<> {
    ZO_OK(hold(tx, run));
    const std::int64_t asked = tx.change(
        "UPDATE tool_calls SET state = 'asked', output = ?, output_bytes = ?, exit_code = ?, left_files = ?, elapsed_ms = ? "
        "WHERE id = ? AND person_id = ? AND state = 'running'",
        call.output, call.output_bytes, call.exit_code, left_to_text(call.left), call.elapsed_ms, call.id, run.person_id);
    if (asked == 0) return fail(Code::Conflict, fmt::format("tool call {} had ended already", call.id.text()));
    tx.change("UPDATE runs SET taint = ? WHERE id = ? AND person_id = ?", run.taint.text(), run.id, run.person_id);
    insert_approval(tx, run.person_id, approval);
    add_event(tx, run, {number, event::ToolAsked{event::shared(call)}});
    return {};
  };
  co_return co_await store_.write(std::move(change));
}

namespace {

std::vector<Approval> read_approvals(Rows& rows) {
  std::vector<Approval> found;
  while (rows.next()) found.push_back(read_approval(rows));
  return found;
}

}  // namespace

Task<Result<std::vector<Approval>>> Journal::allowed(PersonId person, ToolCallId call) {
  auto question = [=](Transaction& tx) -> Result<std::vector<Approval>> {
    const auto rows = tx.query("SELECT " ZO_APPROVAL_COLUMNS
                               " WHERE approvals.tool_call_id = ? AND approvals.person_id = ? AND approvals.state = 'allowed' ORDER BY approvals.id",
                               call, person);
    return read_approvals(*rows);
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<bool>> Journal::wait(Run run, JournalEvent event) {
  auto change = [run = std::move(run), event = std::move(event), now = queue_.claimant().now](Transaction& tx) -> Result<bool> {
    ZO_OK(hold(tx, run));
    if (!is_asked(tx, run)) return false;
    tx.change("UPDATE runs SET state = 'waiting' WHERE id = ? AND person_id = ? AND attempt = ?", run.id, run.person_id, run.attempt);
    if (!block_job(tx, held_of(run), "a person", now)) return std::unexpected(lost(run));
    add_event(tx, run, event);
    return true;
  };
  co_return co_await store_.write(std::move(change));
}

namespace {

// Why nothing was answered.
Error not_answered(const std::optional<Approval>& found, const ApprovalId& id, std::string_view hash) {
  if (!found) return no_such("question", id.text(), "zo approvals list");
  if (found->state == ApprovalState::Dropped) return {Code::Conflict, "nothing is asked about this call any more: its run has ended", "zo approvals list"};
  const Error expired{Code::Conflict, "this question has expired: nobody answered in time", "ask for it again in the conversation"};
  if (found->state == ApprovalState::Expired) return expired;
  if (found->state != ApprovalState::Asked) return {Code::Conflict, fmt::format("this question was answered already: {}", approval_state_name(found->state)), "zo approvals list"};
  if (found->hash != hash) return {Code::Conflict, "this question is about something else than what was shown", "look at it again: zo approvals show " + id.string()};
  return expired;
}

// What the model is told of a call that does not run.
std::string told_of_no(const Approval& approval, std::string_view output, const ApprovalAnswer& answer, ApprovalState state) {
  std::string told(output);
  if (!told.empty() && !told.ends_with('\n')) told += '\n';
  const std::string what = approval.reason == AskReason::Network ? wanted_words(approval.destination) : "it";
  if (state == ApprovalState::Expired) told += fmt::format("Nobody answered within {} whether to allow {}.", human_duration(approval.expires_at - approval.created_at), what);
  else told += approval.reason == AskReason::Network ? fmt::format("The person did not allow {}.", what) : "The person said no.";
  if (approval.reason != AskReason::Network) told += " It was not run.";
  if (!answer.note.empty()) told += " They say: " + answer.note;
  return told;
}

// The answer and what it does to its call. The run goes on when it waited for this alone.
Journal::Answered settle(Transaction& tx, const PersonId& person, Approval approval, const ApprovalAnswer& answer, const Claimant& claimant) {
  if (approval.state == ApprovalState::Allowed) {
    tx.change("UPDATE tool_calls SET state = 'pending', answer = 'yes', output = '', output_bytes = 0, exit_code = NULL "
              "WHERE id = ? AND person_id = ? AND state = 'asked'", approval.tool_call_id, person);
  } else {
    std::string output;
    {
      const auto rows = tx.query("SELECT output FROM tool_calls WHERE id = ? AND person_id = ?", approval.tool_call_id, person);
      if (rows->next()) output = rows->string(0);
    }
    const std::string told = told_of_no(approval, output, answer, approval.state);
    tx.change("UPDATE tool_calls SET state = 'refused', answer = 'no', output = ?, output_bytes = ? WHERE id = ? AND person_id = ? AND state = 'asked'",
              told, told.size(), approval.tool_call_id, person);
  }
  Journal::Answered answered{std::move(approval), {}};
  auto run = first_run(tx, "SELECT " ZO_RUN_COLUMNS " FROM runs WHERE person_id = ? AND id = ?", person, answered.approval.run_id);
  if (!run || run->state != RunState::Waiting || is_asked(tx, *run) || !unblock_job(tx, person, job_of(run->id), claimant.now)) return answered;
  // It goes on here and now, unless its queue says later.
  const std::optional<Held> held = claim_job(tx, person, job_of(run->id), claimant, run->parent_run_id ? ClaimHow::Whatever : ClaimHow::AsItsQueueLets);
  if (held && take(tx, *run, *held)) answered.taken = TakenRun{std::move(*run), *held};
  return answered;
}

}  // namespace

Task<Result<Journal::Answered>> Journal::answer(PersonId person, ApprovalId id, ApprovalAnswer answer, TimeMs now) {
  auto change = [=, claimant = queue_.claimant()](Transaction& tx) -> Result<Answered> {
    const ApprovalState state = answer.answer == PersonsAnswer::Yes ? ApprovalState::Allowed : ApprovalState::Refused;
    const std::int64_t answered = tx.change(
        "UPDATE approvals SET state = ?, note = ?, answered_at = ? WHERE id = ? AND person_id = ? AND state = 'asked' AND hash = ? AND expires_at > ?",
        approval_state_name(state), answer.note, now, id, person, answer.hash, now);
    std::optional<Approval> approval = zo::find_approval(tx, person, id);
    if (answered == 0) return std::unexpected(not_answered(approval, id, answer.hash));
    return settle(tx, person, std::move(*approval), answer, claimant);
  };
  Result<Answered> answered = co_await store_.write(std::move(change));
  if (answered && !answered->taken) queue_.note_freed(kRunsQueue);
  co_return answered;
}

Task<Result<std::vector<Journal::Expired>>> Journal::expire(TimeMs now) {
  auto change = [=, claimant = queue_.claimant()](Transaction& tx) -> Result<std::vector<Expired>> {
    std::vector<std::pair<PersonId, ApprovalId>> due;
    {
      const auto rows = tx.query("SELECT person_id, id FROM approvals WHERE state = 'asked' AND expires_at <= ? ORDER BY expires_at LIMIT 100", now);
      while (rows->next()) due.emplace_back(rows->id<PersonId>(0), rows->id<ApprovalId>(1));
    }
    std::vector<Expired> expired;
    for (const auto& [person, id] : due) {
      if (tx.change("UPDATE approvals SET state = 'expired', answered_at = ? WHERE id = ? AND person_id = ? AND state = 'asked'", now, id, person) == 0) continue;
      std::optional<Approval> approval = zo::find_approval(tx, person, id);
      if (approval) expired.push_back({person, settle(tx, person, std::move(*approval), {}, claimant)});
    }
    return expired;
  };
  Result<std::vector<Expired>> expired = co_await store_.write(std::move(change));
  if (expired && !expired->empty()) queue_.note_freed(kRunsQueue);
  co_return expired;
}

Task<Result<std::optional<TimeMs>>> Journal::next_expiry() {
  auto question = [](Transaction& tx) -> Result<std::optional<TimeMs>> {
    const auto rows = tx.query("SELECT MIN(expires_at) FROM approvals WHERE state = 'asked'");
    return rows->next() ? rows->optional_integer(0) : std::nullopt;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Approval>> Journal::find_approval(PersonId person, ApprovalId id) {
  auto question = [=](Transaction& tx) -> Result<Approval> {
    if (std::optional<Approval> found = zo::find_approval(tx, person, id)) return std::move(*found);
    return std::unexpected(no_such("question", id.text(), "zo approvals list"));
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::vector<Approval>>> Journal::approvals(PersonId person, ApprovalFilter wanted) {
  auto question = [=](Transaction& tx) -> Result<std::vector<Approval>> {
    const std::string_view state = wanted.state ? approval_state_name(*wanted.state) : "";
    const auto rows = tx.query("SELECT " ZO_APPROVAL_COLUMNS
                               " WHERE approvals.person_id = ? AND (? = '' OR approvals.state = ?) AND (? IS NULL OR approvals.run_id = ?) "
                               "ORDER BY approvals.id DESC LIMIT ?",
                               person, state, state, wanted.run, wanted.run, limits::kPageItems);
    return read_approvals(*rows);
  };
  co_return co_await store_.read(std::move(question));
}

}  // namespace zo
