#include "agent/journal_rows.h"

#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

// A queued message gets the next position; nothing when it was taken back meanwhile.
std::optional<std::int64_t> place(Transaction& tx, const Run& run, const MessageId& id) {
  const auto rows = tx.query(
      "UPDATE messages SET state = 'placed', position = (SELECT COALESCE(MAX(position), 0) + 1 FROM messages "
      "WHERE conversation_id = ? AND person_id = ?) WHERE id = ? AND person_id = ? AND state = 'queued' RETURNING position",
      run.conversation_id, run.person_id, id, run.person_id);
  if (!rows->next()) return std::nullopt;
  return rows->integer(0);
}

template <class Text>
std::optional<Text> none_if_empty(const Text& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// Its position: the next one, taken by the statement itself and guarded by the unique key; none while it is queued.
std::optional<std::int64_t> insert_message(Transaction& tx, const PersonId& person, const Message& m, const std::string& client_key) {
  const auto rows = tx.query(
      "INSERT INTO messages (id, person_id, conversation_id, run_id, position, role, origin, state, step, text, reasoning, opaque, "
      "finish, files, taint, input_tokens, output_tokens, tokens_estimated, client_key, created_at) "
      "VALUES (?, ?, ?, ?, CASE WHEN ? = 'queued' THEN NULL "
      "ELSE (SELECT COALESCE(MAX(position), 0) + 1 FROM messages WHERE conversation_id = ? AND person_id = ?) END, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING position",
      m.id, person, m.conversation_id, m.run_id, message_state_name(m.state), m.conversation_id, person,
      m.role == Message::Role::User ? "user" : "assistant", origin_name(m.origin), message_state_name(m.state), m.step, m.text,
      none_if_empty(m.reasoning), none_if_empty(m.opaque), none_if_empty(m.finish), list_to_text(m.files), none_if_empty(m.taint.text()),
      m.usage ? std::optional(m.usage->input_tokens) : std::nullopt, m.usage ? std::optional(m.usage->output_tokens) : std::nullopt,
      m.usage && m.usage->is_estimated ? std::optional(1) : std::nullopt,
      none_if_empty(client_key), m.created_at);
  rows->next();
  return rows->optional_integer(0);
}

void insert_call(Transaction& tx, const PersonId& person, const ToolCall& c) {
  tx.change(
      "INSERT INTO tool_calls (id, person_id, run_id, message_id, step, place, call_id, name, arguments, summary, state, origin, "
      "output, output_bytes, exit_code, diff, children, started_at, elapsed_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      c.id, person, c.run_id, c.message_id, c.step, c.place, c.call_id, c.name, c.arguments, c.summary, call_state_name(c.state),
      origin_name(c.origin), c.output, c.output_bytes, c.exit_code, c.diff, list_to_text(c.children), c.started_at, c.elapsed_ms);
}

// False when a run of that conversation has not ended.
bool insert_run(Transaction& tx, const Run& r) {
  return tx.change(
             "INSERT INTO runs (id, person_id, token_id, conversation_id, parent_run_id, depth, state, model, tools, options, taint, step, "
             "steps_max, attempt, input_tokens, output_tokens, created_at) "
             "VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, 0, ?, 0, 0, 0, ?) ON CONFLICT DO NOTHING",
             r.id, r.person_id, r.token_id, r.conversation_id, r.parent_run_id, r.depth, r.model, r.tools.text(), options_to_text(r.options),
             r.taint.text(), r.steps_max, r.created_at) == 1;
}

Result<std::optional<BeginOutcome>> find_repeated(Transaction& tx, const NewRun& wanted) {
  const std::string& client_key = wanted.client_key;
  const PersonId& person = wanted.run.person_id;
  if (client_key.empty()) return std::nullopt;
  const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE person_id = ? AND client_key = ?", person, client_key);
  if (!rows->next()) return std::nullopt;
  BeginOutcome outcome;
  outcome.what = Begun::Repeated;
  outcome.message = read_message(*rows);
  if (wanted.message && outcome.message.text != wanted.message->text)
    return fail(Code::Conflict, "this Idempotency-Key was used for another message", "use a new key for a new message");
  if (auto run = find_run(tx, person, *outcome.message.run_id))
    outcome.run = std::move(*run);
  return outcome;
}

Result<> touch_conversation(Transaction& tx, const NewRun& wanted) {
  const Run& run = wanted.run;
  if (wanted.new_conversation) {
    tx.change("INSERT INTO conversations (id, person_id, title, model, parent_run_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
              run.conversation_id, run.person_id, wanted.title, wanted.model, run.parent_run_id, run.created_at, run.created_at);
    return {};
  }
  // A conversation that was made empty takes its title from the first message.
  const std::int64_t found = tx.change(
      "UPDATE conversations SET updated_at = ?, title = CASE WHEN title = '' THEN ? ELSE title END WHERE id = ? AND person_id = ?",
      run.created_at, wanted.title, run.conversation_id, run.person_id);
  if (found == 1) return {};
  return std::unexpected(no_such("conversation", run.conversation_id.text(), "leave the id out to begin a new one"));
}

// The message waits for the run that works.
Result<BeginOutcome> queue_into(Transaction& tx, const NewRun& wanted) {
  auto working = first_run(tx, "SELECT " ZO_RUN_COLUMNS " FROM runs WHERE person_id = ? AND conversation_id = ? AND finished_at IS NULL",
                          wanted.run.person_id, wanted.run.conversation_id);
  if (!working) return fail(Code::Conflict, "the run of this conversation ended at this moment", "send the message again");
  if (!wanted.may_queue) return fail(Code::Unavailable, "a run works in this conversation already", "wait until it has ended");
  if (!wanted.message || wanted.supersede_from)
    return fail(Code::Conflict, "a run works in this conversation; its messages cannot be changed now", "stop the run first, or wait");
  if (working->tools != wanted.run.tools && !wanted.run.tools.all)
    return fail(Code::Conflict, "a run with other tools than this token may use works in this conversation", "wait until it has ended");
  if (working->options.egress != wanted.run.options.egress && !wanted.any_egress)
    return fail(Code::Conflict, "a run that reaches more of the network than this token may works in this conversation", "wait until it has ended");
  if (working->model != wanted.run.model && !wanted.any_model)
    return fail(Code::Conflict, "a run with another model than this token may use works in this conversation", "wait until it has ended");
  const std::int64_t waiting = tx.number("SELECT COUNT(*) FROM messages WHERE run_id = ? AND person_id = ? AND state = 'queued'", working->id,
                                         working->person_id);
  if (waiting >= static_cast<std::int64_t>(limits::kMessagesWaiting))
    return fail(Code::Exhausted, fmt::format("{} messages wait for this run, limit {}", waiting, limits::kMessagesWaiting), "wait, or stop the run");
  Message message = *wanted.message;
  message.run_id = working->id;
  message.state = MessageState::Queued;
  insert_message(tx, wanted.run.person_id, message, wanted.client_key);
  return BeginOutcome{Begun::Queued, *working, message, {}, {}};
}

// A sub-agent begins in spite of its queue: whoever waits for it holds a place there.
Result<std::optional<Held>> add_job_of(Transaction& tx, const NewRun& wanted, const Claimant& claimant) {
  const Run& run = wanted.run;
  const NewJob job{.id = job_of(run.id), .person_id = run.person_id, .queue = std::string(kRunsQueue), .failures_most = 1, .losses_most = 0, .run_ms_most = wanted.run_ms_most};
  return add_and_claim_job(tx, job, claimant, run.parent_run_id || wanted.is_unbounded ? ClaimHow::Whatever : ClaimHow::AsItsQueueLets);
}

Result<BeginOutcome> begin_in(Transaction& tx, const NewRun& wanted, const Claimant& claimant) {
  const Run& run = wanted.run;
  ZO_TRY(std::optional<BeginOutcome> repeated, find_repeated(tx, wanted));
  if (repeated) return std::move(*repeated);
  ZO_OK(touch_conversation(tx, wanted));
  if (!insert_run(tx, run)) return queue_into(tx, wanted);
  if (wanted.supersede_from)
    tx.change("UPDATE messages SET state = 'superseded' WHERE conversation_id = ? AND person_id = ? AND state = 'placed' AND position >= ?",
              run.conversation_id, run.person_id, *wanted.supersede_from);
  for (const Message& earlier : wanted.history) insert_message(tx, run.person_id, earlier, "");
  BeginOutcome outcome{Begun::Started, run, {}, {}, {}};
  ZO_TRY(outcome.held, add_job_of(tx, wanted, claimant));
  if (wanted.message) {
    outcome.message = *wanted.message;
    outcome.message.position = insert_message(tx, run.person_id, outcome.message, wanted.client_key);
  }
  outcome.spent = Budget::read_in(tx, run.person_id, run.created_at);
  add_event(tx, run, {1, event::RunStarted{}});
  if (wanted.message) add_event(tx, run, {2, event::MessagePlaced{event::shared(outcome.message)}});
  return outcome;
}

// False when it had ended already.
bool end_call(Transaction& tx, const Run& run, const CallEnd& end) {
  const ToolCall& c = end.call;
  const std::int64_t ended = tx.change(
      "UPDATE tool_calls SET state = ?, origin = ?, output = ?, output_bytes = ?, exit_code = ?, diff = ?, children = ?, elapsed_ms = ?, "
      "left_files = ? WHERE id = ? AND person_id = ? AND state IN ('asked', 'pending', 'running')",
      call_state_name(c.state), origin_name(c.origin), c.output, c.output_bytes, c.exit_code, c.diff, list_to_text(c.children), c.elapsed_ms,
      left_to_text(c.left), c.id, run.person_id);
  if (ended == 0) return false;
  if (end.whole.size() > c.output.size())
    tx.change("INSERT INTO outputs (tool_call_id, person_id, text) VALUES (?, ?, ?)", c.id, run.person_id, end.whole);
  tell_call(tx, run, end.number, c);
  return true;
}

}  // namespace

Task<Result<std::optional<Run>>> Journal::find_begun(PersonId person, std::string client_key) {
  auto question = [=](Transaction& tx) -> Result<std::optional<Run>> {
    const auto rows = tx.query("SELECT run_id FROM messages WHERE person_id = ? AND client_key = ?", person, client_key);
    if (!rows->next() || rows->is_null(0)) return std::nullopt;
    return find_run(tx, person, rows->id<RunId>(0));
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<BeginOutcome>> Journal::begin(NewRun wanted) {
  wanted.is_unbounded = !queue_.is_bounded(kRunsQueue);
  auto change = [wanted = std::move(wanted), claimant = queue_.claimant()](Transaction& tx) { return begin_in(tx, wanted, claimant); };
  Result<BeginOutcome> begun = co_await store_.write(std::move(change));
  if (begun && begun->what == Begun::Started && !begun->held) queue_.note_freed(kRunsQueue);
  co_return begun;
}

namespace {

// True when the run ends with it: it was the last, and no message waits.
Result<bool> end_step(Transaction& tx, const StepCommit& step) {
  const Run& run = step.run;
  const std::optional<TimeMs> ended_at = step.ended ? std::optional(step.now) : std::nullopt;
  const auto rows = tx.query(
      "UPDATE runs SET step = ?, input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, taint = ?, "
      "state = CASE WHEN ? IS NULL OR EXISTS (SELECT 1 FROM messages WHERE run_id = ? AND state = 'queued') THEN 'running' ELSE 'done' END, "
      "finished_at = CASE WHEN ? IS NULL OR EXISTS (SELECT 1 FROM messages WHERE run_id = ? AND state = 'queued') THEN NULL ELSE ? END "
      "WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running' RETURNING finished_at",
      step.message.step, step.usage.input_tokens, step.usage.output_tokens, run.taint.text(), ended_at, run.id, ended_at, run.id, ended_at, run.id, run.person_id,
      run.attempt);
  if (!rows->next()) return std::unexpected(lost(run));
  return !rows->is_null(0);
}

}  // namespace

Task<Result<StepOutcome>> Journal::commit_step(StepCommit step) {
  auto change = [step = std::move(step)](Transaction& tx) -> Result<StepOutcome> {
    const auto& [run, message, asked, usage, is_paid, now, said, ended] = step;
    ZO_TRY(const bool finished, end_step(tx, step));
    StepOutcome outcome{.finished = finished};
    outcome.position = insert_message(tx, run.person_id, message, "").value_or(0);
    for (const ToolCall& call : message.tool_calls) insert_call(tx, run.person_id, call);
    for (const Approval& approval : asked) insert_approval(tx, run.person_id, approval);
    outcome.spent = is_paid ? Budget::add_in(tx, run.person_id, usage, now) : Budget::read_in(tx, run.person_id, now);
    add_event(tx, run, said);
    if (!finished) return outcome;
    tx.change("UPDATE conversations SET updated_at = ? WHERE id = ? AND person_id = ?", now, run.conversation_id, run.person_id);
    add_event(tx, run, *ended);
    ZO_TRY(const JobOutcome over, end_job_of(tx, run, {.state = JobState::Succeeded}, now));
    outcome.freed_others = over.freed_others;
    return outcome;
  };
  Result<StepOutcome> kept = co_await store_.write(std::move(change));
  if (kept && kept->freed_others) queue_.note_freed_others();
  co_return kept;
}

Task<Result<Spent>> Journal::charge(Run run, Usage usage, bool is_paid, TimeMs now) {
  auto change = [run = std::move(run), usage, is_paid, now](Transaction& tx) -> Result<Spent> {
    ZO_OK(hold(tx, run));
    tx.change("UPDATE runs SET input_tokens = input_tokens + ?, output_tokens = output_tokens + ? WHERE id = ? AND person_id = ?",
              usage.input_tokens, usage.output_tokens, run.id, run.person_id);
    return is_paid ? Budget::add_in(tx, run.person_id, usage, now) : Budget::read_in(tx, run.person_id, now);
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<>> Journal::start_call(PersonId person, RunId run, std::int64_t attempt, ToolCallId call, TimeMs now) {
  auto change = [person = std::move(person), run = std::move(run), attempt, call = std::move(call), now](Transaction& tx) -> Result<> {
    const std::int64_t started = tx.change(
        "UPDATE tool_calls SET state = 'running', started_at = ? WHERE id = ? AND person_id = ? AND state = 'pending' "
        "AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND attempt = ? AND state = 'running')",
        now, call, person, run, attempt);
    if (started == 1) return {};
    return fail(Code::Conflict, fmt::format("tool call {} is no longer waiting", call.text()));
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<>> Journal::finish_call(Run run, CallEnd end) {
  auto change = [run = std::move(run), end = std::move(end)](Transaction& tx) -> Result<> {
    ZO_OK(hold(tx, run));
    if (!run.taint.empty()) {
      tx.change("UPDATE runs SET taint = ? WHERE id = ? AND person_id = ?", run.taint.text(), run.id, run.person_id);
      tx.change("UPDATE messages SET taint = ? WHERE id = ? AND person_id = ?", run.taint.text(), end.call.message_id, run.person_id);
    }
    if (end_call(tx, run, end)) return {};
    return fail(Code::Conflict, fmt::format("tool call {} had ended already", end.call.id.text()));
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<std::int64_t>> Journal::count_queued(PersonId person, RunId run) {
  auto question = [person = std::move(person), run = std::move(run)](Transaction& tx) -> Result<std::int64_t> {
    return tx.number("SELECT COUNT(*) FROM messages WHERE run_id = ? AND person_id = ? AND state = 'queued'", run, person);
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::vector<Message>>> Journal::place_queued(Run run, std::vector<std::int64_t> numbers) {
  auto change = [run = std::move(run), numbers = std::move(numbers)](Transaction& tx) -> Result<std::vector<Message>> {
    ZO_OK(hold(tx, run));
    std::vector<Message> placed;
    {
      const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE run_id = ? AND person_id = ? AND state = 'queued' ORDER BY id LIMIT ?",
                                 run.id, run.person_id, numbers.size());
      while (rows->next()) placed.push_back(read_message(*rows));
    }
    for (Message& message : placed) message.position = place(tx, run, message.id);
    std::erase_if(placed, [&](const Message& message) { return !message.position; });
    for (std::size_t i = 0; i < placed.size(); ++i) {
      placed[i].state = MessageState::Placed;
      add_event(tx, run, {numbers[i], event::MessagePlaced{event::shared(placed[i])}});
    }
    return placed;
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<>> Journal::record_event(Run run, JournalEvent event) {
  auto change = [run = std::move(run), event = std::move(event)](Transaction& tx) -> Result<> {
    ZO_OK(hold(tx, run));
    add_event(tx, run, event);
    return {};
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<Journal::Finished>> Journal::finish_run(RunEnd end) {
  auto change = [end = std::move(end)](Transaction& tx) -> Result<Finished> {
    const Run& run = end.run;
    const std::optional<Error>& e = run.error;
    const std::int64_t ended = tx.change(
        "UPDATE runs SET state = ?, finished_at = ?, error_code = ?, error_message = ?, error_advice = ? "
        "WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running'",
        run_state_name(run.state), run.finished_at, e ? std::optional(std::string(code_name(e->code))) : std::nullopt,
        e ? std::optional(e->message) : std::nullopt, e ? std::optional(e->advice) : std::nullopt, run.id, run.person_id, run.attempt);
    if (ended == 0) return std::unexpected(lost(run));
    Finished finished;
    if (end.partial) finished.position = insert_message(tx, run.person_id, *end.partial, "");
    // One that a person has refused meanwhile stays so.
    for (const CallEnd& call : end.calls)
      if (!end_call(tx, run, call) && !is_told(tx, run, call.call.id)) tell_call(tx, run, call.number, call.call);
    // Of a run that could not even be read there are others.
    tx.change("UPDATE tool_calls SET state = 'cancelled' WHERE run_id = ? AND person_id = ? AND state IN ('asked', 'pending', 'running')",
              run.id, run.person_id);
    tx.change("UPDATE approvals SET state = 'dropped' WHERE run_id = ? AND person_id = ? AND state = 'asked'", run.id, run.person_id);
    std::vector<MessageId> queued;
    {
      const auto rows = tx.query("SELECT id FROM messages WHERE run_id = ? AND person_id = ? AND state = 'queued' ORDER BY id", run.id, run.person_id);
      while (rows->next()) queued.push_back(rows->id<MessageId>(0));
    }
    for (const MessageId& id : queued)
      if (place(tx, run, id)) ++finished.placed;
    tx.change("UPDATE conversations SET updated_at = ? WHERE id = ? AND person_id = ?", run.finished_at, run.conversation_id, run.person_id);
    for (const JournalEvent& event : end.events) add_event(tx, run, event);
    JobEnd over_as{.state = JobState::Failed, .error = run.error, .is_final = true};
    if (run.state == RunState::Cancelled) over_as.state = JobState::Cancelled;
    ZO_TRY(const JobOutcome over, end_job_of(tx, run, over_as, *run.finished_at));
    finished.freed_others = over.freed_others;
    return finished;
  };
  Result<Finished> finished = co_await store_.write(std::move(change));
  if (finished && finished->freed_others) queue_.note_freed_others();
  co_return finished;
}

// --- claims ---------------------------------------------------------------------------------------------------------------------

Result<> Journal::on_claim(Transaction& tx, const Held& held) {
  std::optional<Run> run = find_run(tx, held.person_id, RunId::stored(held.job.text()));
  if (!run) return std::unexpected(no_such("run", held.job.text()));
  if (held.attempt == 1 || take(tx, *run, held)) return {};
  return std::unexpected(lost(*run));
}

Task<Result<Journal::Claimed>> Journal::find_claimed(Held held) {
  auto question = [=](Transaction& tx) -> Result<Claimed> {
    std::optional<Run> run = find_run(tx, held.person_id, RunId::stored(held.job.text()));
    if (!run || run->state != RunState::Running || run->attempt + 1 != held.attempt) return fail(Code::Conflict, fmt::format("run {} is no longer ours", held.job.text()));
    run->last_event = std::max(run->last_event, run->attempt * limits::kEventsInAnAttempt);  // where its numbers go on
    const bool is_to_stop = tx.number("SELECT stops_runs FROM tokens WHERE id = ? AND person_id = ?", run->token_id, run->person_id) == 1;
    return Claimed{std::move(*run), is_to_stop};
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::optional<TakenRun>>> Journal::take_idle(PersonId person, RunId id) {
  auto change = [=, claimant = queue_.claimant()](Transaction& tx) -> Result<std::optional<TakenRun>> {
    const std::optional<Held> held = claim_job(tx, person, job_of(id), claimant, ClaimHow::Whatever);
    if (!held) return std::nullopt;
    std::optional<Run> run = find_run(tx, person, id);
    if (!run) return std::unexpected(no_such("run", id.text()));
    if (held->attempt > 1 && !take(tx, *run, *held)) return std::unexpected(lost(*run));
    return TakenRun{std::move(*run), *held};
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<std::vector<RunId>>> Journal::open_of(PersonId person, TokenId token) {
  auto question = [=](Transaction& tx) -> Result<std::vector<RunId>> {
    std::vector<RunId> found;
    const auto rows = tx.query("SELECT id FROM runs WHERE finished_at IS NULL AND person_id = ? AND token_id = ?", person, token);
    while (rows->next()) found.push_back(rows->id<RunId>(0));
    return found;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::vector<std::pair<PersonId, RunId>>>> Journal::open_of_revoked() {
  auto question = [](Transaction& tx) -> Result<std::vector<std::pair<PersonId, RunId>>> {
    std::vector<std::pair<PersonId, RunId>> found;
    const auto rows = tx.query("SELECT runs.person_id, runs.id FROM runs JOIN tokens ON tokens.id = runs.token_id AND tokens.person_id = runs.person_id "
                               "WHERE runs.finished_at IS NULL AND tokens.stops_runs = 1");
    while (rows->next()) found.emplace_back(rows->id<PersonId>(0), rows->id<RunId>(1));
    return found;
  };
  co_return co_await store_.read(std::move(question));
}

}  // namespace zo
