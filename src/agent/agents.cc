#include "agent/agents.h"

#include <boost/asio/cancellation_state.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "agent/loop.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

// What ends a run's work from outside.
enum class Cut { None, Cancelled, TimeUp, Lost, TooOften };

// A run that works in this process, or whose end is still to be written.
struct Active {
  Active(const Executor& executor, RunLoop l, std::shared_ptr<RunFeed> f, Held h) : loop(std::move(l)), feed(std::move(f)), held(std::move(h)), changed(executor) {}
  enum class Phase { Waiting, Working, Ending, Told, Ended };  // told: its readers have seen the end

  RunLoop loop;
  std::shared_ptr<RunFeed> feed;
  Scope::Child activity;
  Held held;
  Phase phase = Phase::Waiting;
  Cut stop = Cut::None;
  bool answers_queued = false;  // a person has stopped it, and not what they said beside it
  Result<> outcome;
  Condition changed;

  void end_work(Cut why) {
    if (phase > Phase::Working || stop != Cut::None) return;
    stop = why;
    if (phase == Phase::Working) activity.cancel();
  }
  void enter(Phase next) {
    phase = next;
    changed.notify_all();
  }
};

constexpr std::size_t kTitleBytes = 60;
constexpr std::int64_t kExpireLookMs = 60 * 60 * 1'000;  // the clock may be set
constexpr std::int64_t kExpireRetryMs = 60'000;
constexpr std::int64_t kListenMs = 5'000;  // between two looks at silent models
constexpr int kCutOffMost = 100;           // attempts of a run that are lost, with their process
constexpr std::size_t kRunsHere = 10'000;  // of all persons, in this process
}  // namespace

struct Agents::State final : Worker {
  Executor executor;
  Clock& clock;
  Dice& dice;
  Store& store;
  Queue& jobs;
  Feeds& feeds;
  Notices& notices;
  Models& models;
  Tools& tools;
  const Workspaces& workspaces;
  Budget& budget;
  const Limits& limits;
  Journal journal;
  Scope runs;
  std::map<RunId, std::shared_ptr<Active>> active = {};
  std::set<RunId> later = {};  // begun, and not handed to anybody yet: their feeds are open
  std::function<void(PersonId, std::vector<Approval>)> on_asked = {};
  bool listening = false;
  bool expiring = false;
  bool stopping = false;

  State(Executor e, Clock& c, Dice& d, Store& s, Queue& q, Feeds& f, Notices& n, Models& m, Tools& t, const Workspaces& w, Budget& b, const Limits& l)
      : executor(e), clock(c), dice(d), store(s), jobs(q), feeds(f), notices(n), models(m), tools(t), workspaces(w), budget(b), limits(l), journal(s, q), runs(e) {}

  // As the queue's worker.
  std::string_view queue() const override { return kRunsQueue; }
  std::size_t at_once() const override { return kRunsHere; }
  Result<> on_claim(Transaction& tx, const Held& held) const override { return Journal::on_claim(tx, held); }
  Task<Result<>> begin(Held held) override;
  void stop(const JobId& job, Worker::Stop why) override;
  Task<Result<bool>> cancel(PersonId person, JobId job) override;
  Task<Result<std::optional<JobId>>> retry(PersonId person, JobId job) override;

  LoopParts parts() { return {clock, dice, store, journal, models, tools, workspaces, budget, stopping}; }

  Task<Result<Started>> begin_run(NewRun wanted, RunRequest request);
  Task<Result<Run>> find(PersonId person, RunId run);
  Task<Result<Run>> cancel_run(PersonId person, RunId run);
  // Exhausted when as many runs of theirs work as may.
  Result<> check_place(const PersonId& person) const;
  // Of what is said, before anything of it is kept.
  void hide_secrets(RunRequest& request) const;
  // A run that begins, or one that goes on.
  using Work = std::variant<RunLoop::Known, Resumed>;
  void launch(Run run, Held held, std::shared_ptr<RunFeed> feed, Work work);
  // One that nobody worked on, from its next attempt on. To be stopped: it only ends.
  void go_on(Run run, Held held, Cut stop = Cut::None);
  // Likewise, of one that was not handed out by the queue.
  void go_on_held(TakenRun taken, Cut stop = Cut::None);
  // One that nobody works on is taken, only to end.
  Task<Result<>> end_idle(PersonId person, RunId run);
  Task<void> work(std::shared_ptr<Active> active, Work work);
  Task<void> end(Active& active);
  // A person has stopped a run; what they had asked it beside that is answered by the next.
  Task<void> answer_queued(Run stopped);
  // Another run in its conversation, as this one was.
  Task<Result<Started>> begin_again(const Run& run);
  void forget(const Active& active);
  // That a run began, was told more, or ended. A sub-agent's conversation is not one of the person's.
  void notify(const Run& run);
  // One activity that listens to all runs' models.
  Task<void> listen();
  // Of a run that waits: who shows it to a person is told.
  Task<void> tell_asked(Run run);
  // One activity while anything is asked: what nobody answers counts as refused when its time is over.
  Task<void> expire();
  void watch_expiry();
};

Agents::Agents(Executor executor, Clock& clock, Dice& dice, Store& store, Queue& queue, Feeds& feeds, Notices& notices, Models& models, Tools& tools,
               const Workspaces& workspaces, Budget& budget, const Limits& limits)
    : state_(std::make_unique<State>(executor, clock, dice, store, queue, feeds, notices, models, tools, workspaces, budget, limits)) {
  queue.serve(*state_);
}

Agents::~Agents() = default;
std::size_t Agents::working() const { return state_->active.size(); }

std::shared_ptr<const PartialMessage> Agents::partial(const RunId& run) const {
  const auto found = state_->active.find(run);
  return found == state_->active.end() ? nullptr : found->second->loop.partial();
}

// --- starting -----------------------------------------------------------------------------------------------------------------

namespace {

Result<> check_message(const RunRequest& request) {
  if (trim(request.text).empty() && request.files.empty()) return fail(Code::Invalid, "the message is empty", "write what you want done");
  if (request.text.size() <= limits::kInputBytes) return {};
  return fail(Code::Invalid, fmt::format("the message has {}, limit {}", human_size(request.text.size()), human_size(limits::kInputBytes)),
              "put the long part into a file and attach it");
}

// What a conversation has chosen for its runs; NotFound when there is no such conversation.
struct Choice {
  std::string model;
  std::string egress;
};
Task<Result<Choice>> choice_of(Store& store, PersonId person, ConversationId conversation) {
  auto question = [=](Transaction& tx) -> Result<Choice> {
    const auto rows = tx.query("SELECT model, egress FROM conversations WHERE id = ? AND person_id = ?", conversation, person);
    if (!rows->next()) return std::unexpected(no_such("conversation", conversation.text(), "leave the id out to begin a new one"));
    return Choice{rows->string(0), rows->string(1)};
  };
  co_return co_await store.read(std::move(question));
}

Message new_user_message(Dice& dice, TimeMs now, const RunRequest& request, const Run& run) {
  Message message;
  message.id = MessageId::make(dice, now);
  message.conversation_id = run.conversation_id;
  message.run_id = run.id;
  message.origin = request.parent ? Origin::Model : Origin::Person;
  message.text = to_valid_utf8(request.text);
  message.taint = request.taint;
  message.files = request.files;
  message.created_at = now;
  return message;
}

// A turn that a client brought along: no run of ours made it.
Message earlier_message(Dice& dice, TimeMs now, const ModelMessage& turn, const Run& run) {
  const bool user = turn.role == ModelMessage::Role::User;
  Message message;
  message.id = MessageId::make(dice, now);
  message.conversation_id = run.conversation_id;
  message.role = user ? Message::Role::User : Message::Role::Assistant;
  message.origin = user ? Origin::Person : Origin::Model;
  message.text = to_valid_utf8(turn.text);
  message.created_at = now;
  return message;
}

}  // namespace

void Agents::State::hide_secrets(RunRequest& request) const {
  const std::shared_ptr<const Redactor> redactor = tools.redactor();
  request.text = redactor->redact(request.text);
  for (ModelMessage& turn : request.history) turn.text = redactor->redact(turn.text);
}

Task<Result<Started>> Agents::start(RunRequest request) {
  state_->hide_secrets(request);
  NewRun wanted;
  wanted.new_conversation = !request.conversation;
  wanted.title = one_line(request.title.empty() ? request.text : request.title, kTitleBytes);
  wanted.message.emplace();
  wanted.client_key = request.client_key;
  co_return co_await state_->begin_run(std::move(wanted), std::move(request));
}

Result<> Agents::State::check_place(const PersonId& person) const {
  const std::int64_t most = limits.of(person, Limit::RunsAtOnce);
  if (static_cast<std::int64_t>(active.size()) < most) return {};
  const std::int64_t theirs = std::ranges::count_if(active, [&](const auto& one) { return one.second->loop.run().person_id == person; });
  if (theirs < most) return {};
  return fail(Code::Exhausted, fmt::format("{} of your runs work already, limit {}", theirs, most), or_raise("wait until one has ended", Limit::RunsAtOnce, most));
}

Task<Result<Started>> Agents::State::begin_run(NewRun wanted, RunRequest request) {
  if (stopping) co_return fail(Code::Unavailable, "ZoClone is stopping", "try again when it has started");
  if (wanted.message) ZO_CO_OK(check_message(request));
  ZO_CO_OK(check_place(request.person));
  const bool any_egress = !request.egress;
  if (request.conversation && (request.model.empty() || any_egress)) {
    ZO_CO_TRY(Choice choice, co_await choice_of(store, request.person, *request.conversation));
    if (request.model.empty()) request.model = std::move(choice.model);
    if (any_egress) request.egress = std::move(choice.egress);
  }
  if (!request.model.empty() && !request.conversation) wanted.model = request.model;
  ZO_CO_TRY(const ModelProfile profile, co_await models.resolve(request.person, request.model, request.models));
  wanted.any_model = request.models.all;
  wanted.any_egress = any_egress;
  wanted.may_queue = request.may_queue;

  const TimeMs now = clock.now();
  Run& run = wanted.run;
  run.id = RunId::make(dice, now);
  run.person_id = request.person;
  run.token_id = request.token;
  run.conversation_id = request.conversation ? *request.conversation : ConversationId::make(dice, now);
  run.parent_run_id = request.parent;
  run.depth = request.depth;
  run.model = profile.name;
  run.tools = request.tools;
  run.options = {request.response_schema, request.instructions, wanted.supersede_from, request.egress.value_or(RunOptions{}.egress), request.refuses_asks};
  run.taint = request.taint;
  run.steps_max = request.steps_max.value_or(static_cast<int>(limits.of(request.person, Limit::StepsARun)));
  run.created_at = now;
  run.last_event = 2;
  wanted.run_ms_most = limits.of(request.person, Limit::MinutesARun) * 60'000;
  if (request.run_ms_most > 0) wanted.run_ms_most = std::min(wanted.run_ms_most, request.run_ms_most);
  for (const ModelMessage& turn : request.history) wanted.history.push_back(earlier_message(dice, now, turn, run));
  if (wanted.message) wanted.message = new_user_message(dice, now, request, run);
  RunLoop::Known known;
  if (wanted.new_conversation) {
    known.messages = wanted.history;
    known.messages->push_back(*wanted.message);
  }

  ZO_CO_TRY(BeginOutcome begun, co_await journal.begin(std::move(wanted)));
  Started started{std::move(begun.message), std::move(begun.run), begun.what == Begun::Queued, begun.what == Begun::Repeated};
  if (started.queued) {
    if (const auto found = active.find(started.run.id); found != active.end()) found->second->loop.note_queued();
  }
  notify(started.run);
  if (begun.what != Begun::Started) co_return started;
  const auto feed = feeds.open(feed_of(started.run.id), 0);
  const std::int64_t first = feed->reserve();
  feed->settle(first, event::RunStarted{event::shared(started.run)});
  if (!started.message.id.empty()) {
    const std::int64_t second = feed->reserve();
    feed->settle(second, event::MessagePlaced{event::shared(started.message)});
  }
  budget.learn(started.run.person_id, begun.spent);
  if (begun.held) {
    jobs.hold(*begun.held);
    launch(started.run, std::move(*begun.held), feed, std::move(known));
  } else {
    later.insert(started.run.id);
    feed->publish(event::ModelState{"the queue of runs is paused or full; zo job why " + started.run.id.string()});
  }
  co_return started;
}

namespace {

struct Branch {
  std::int64_t position = 0;  // supersede from here
  std::vector<std::string> files;
  std::string model;
};

// Where to cut for an edit of that user message, or for a new answer instead of that assistant message.
// An edit whose key was seen before has cut already: there is nothing more to cut.
Task<Result<Branch>> find_branch(Store& store, const RunRequest& request, MessageId message, Message::Role role) {
  auto question = [=, person = request.person, conversation = *request.conversation,
                   client_key = request.client_key](Transaction& tx) -> Result<Branch> {
    if (!client_key.empty() && tx.number("SELECT COUNT(*) FROM messages WHERE person_id = ? AND client_key = ?", person, client_key) > 0)
      return Branch{};
    const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS
                               " FROM messages WHERE id = ? AND conversation_id = ? AND person_id = ? AND state = 'placed'",
                               message, conversation, person);
    if (!rows->next()) return std::unexpected(no_such("message of this conversation", message.text(), "reload the conversation"));
    const Message found = read_message(*rows);
    if (found.role != role)
      return fail(Code::Invalid, role == Message::Role::User ? "only your own messages can be edited" : "only an answer can be made anew");
    Branch branch{*found.position, found.files, ""};
    // A new answer replaces everything after the question that it answered.
    if (role == Message::Role::Assistant)
      branch.position = 1 + tx.number("SELECT MAX(position) FROM messages WHERE conversation_id = ? AND person_id = ? AND state = 'placed' "
                                      "AND role = 'user' AND position < ?",
                                      conversation, person, *found.position);
    return branch;
  };
  co_return co_await store.read(std::move(question));
}

}  // namespace

Task<Result<Started>> Agents::edit(RunRequest request, MessageId message) {
  ZO_CO_TRY(Branch branch, co_await find_branch(state_->store, request, message, Message::Role::User));
  NewRun wanted;
  wanted.supersede_from = branch.position;
  wanted.client_key = request.client_key;
  wanted.message.emplace();
  request.files = std::move(branch.files);
  state_->hide_secrets(request);
  co_return co_await state_->begin_run(std::move(wanted), std::move(request));
}

Task<Result<Started>> Agents::regenerate(RunRequest request, MessageId message) {
  request.client_key.clear();  // it says nothing that could be remembered by a key
  ZO_CO_TRY(const Branch branch, co_await find_branch(state_->store, request, message, Message::Role::Assistant));
  NewRun wanted;
  wanted.supersede_from = branch.position;
  co_return co_await state_->begin_run(std::move(wanted), std::move(request));
}

void Agents::State::launch(Run run, Held held, std::shared_ptr<RunFeed> feed, Work what) {
  const RunId id = run.id;
  if (stopping) return feeds.close(feed_of(id));  // it is durable: the next start resumes it
  auto one = std::make_shared<Active>(executor, RunLoop(parts(), std::move(run), feed), feed, std::move(held));
  active[id] = one;
  one->activity = runs.spawn("run", work(one, std::move(what)));
  if (!std::exchange(listening, true)) runs.spawn("listen to models", listen());
}

void Agents::State::go_on(Run run, Held held, Cut stop) {
  const RunId id = run.id;
  auto feed = later.erase(id) > 0 ? feeds.find(feed_of(id)) : nullptr;
  if (!feed) feed = feeds.open(feed_of(id), run.last_event);
  notify(run);
  Work what = held.freed_by == FreedBy::Answer ? Resumed::AfterAnswer : Resumed::AfterCrash;
  if (held.attempt == 1) what = RunLoop::Known{};
  launch(std::move(run), std::move(held), feed, std::move(what));
  if (const auto found = active.find(id); stop != Cut::None && found != active.end()) found->second->end_work(stop);
}

Task<Result<>> Agents::State::end_idle(PersonId person, RunId id) {
  ZO_CO_TRY(std::optional<TakenRun> taken, co_await journal.take_idle(std::move(person), std::move(id)));
  if (taken) go_on_held(std::move(*taken), Cut::Cancelled);
  co_return Result<>{};
}

void Agents::State::go_on_held(TakenRun taken, Cut stop) {
  jobs.hold(taken.held);
  go_on(std::move(taken.run), std::move(taken.held), stop);
}

// --- what the queue hands out ---------------------------------------------------------------------------------------------------

Task<Result<>> Agents::State::begin(Held held) {
  ZO_CO_TRY(Journal::Claimed claimed, co_await journal.find_claimed(held));
  Cut stop = Cut::None;
  if (held.losses > kCutOffMost) stop = Cut::TooOften;
  if (claimed.is_to_stop || held.is_to_stop) stop = Cut::Cancelled;
  go_on(std::move(claimed.run), std::move(held), stop);
  co_return Result<>{};
}

void Agents::State::stop(const JobId& job, Worker::Stop why) {
  const auto found = active.find(RunId::stored(job.text()));
  if (found == active.end()) return;
  switch (why) {
    case Worker::Stop::Cancelled: return found->second->end_work(Cut::Cancelled);
    case Worker::Stop::TimeUp: return found->second->end_work(Cut::TimeUp);
    case Worker::Stop::Lost: return found->second->end_work(Cut::Lost);
  }
}

Task<Result<bool>> Agents::State::cancel(PersonId person, JobId job) {
  // One that works elsewhere is told by its job.
  ZO_CO_TRY(const Run run, co_await cancel_run(std::move(person), RunId::stored(job.text())));
  co_return run.finished_at.has_value();
}

Task<Result<std::optional<JobId>>> Agents::State::retry(PersonId person, JobId job) {
  ZO_CO_TRY(const Run run, co_await find(person, RunId::stored(job.text())));
  if (run.parent_run_id) co_return fail(Code::Invalid, "this run was a sub-agent's", "zo job retry " + run.parent_run_id->string());
  auto newest = [person, conversation = run.conversation_id](Transaction& tx) -> Result<RunId> {
    const auto rows = tx.query("SELECT id FROM runs WHERE conversation_id = ? AND person_id = ? ORDER BY created_at DESC, id DESC LIMIT 1", conversation, person);
    return rows->next() ? rows->id<RunId>(0) : RunId();
  };
  ZO_CO_TRY(const RunId last, co_await store.read(std::move(newest)));
  if (last != run.id) co_return fail(Code::Conflict, "its conversation has gone on since", "ask for it there once more");
  ZO_CO_TRY(const Started started, co_await begin_again(run));
  co_return job_of(started.run.id);
}

// --- working ------------------------------------------------------------------------------------------------------------------

Task<void> Agents::State::work(std::shared_ptr<Active> one, Work what) {
  bool cancelled = one->stop != Cut::None;
  try {
    one->enter(Active::Phase::Working);
    RunLoop::Known* known = std::get_if<RunLoop::Known>(&what);
    Task<Result<>> task = known != nullptr ? one->loop.work(std::move(*known)) : one->loop.resume(std::get<Resumed>(what));
    if (!cancelled) one->outcome = co_await std::move(task);
  } catch (...) {  // a cancel, or a bug of ours; both end the run with a word about it
    std::string buffer;
    const std::exception_ptr failure = std::current_exception();
    cancelled = is_cancellation(failure);
    if (!cancelled) one->outcome = fail(Code::Internal, "the run failed: " + std::string(describe(failure, buffer)));
  }
  one->enter(Active::Phase::Ending);
  // From here on nothing cancels us: the end is to be written.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  // When the whole server stops, the run stays as it is in the store, and the next start resumes it.
  const bool server_stops = cancelled && stopping && one->stop == Cut::None;
  if (!one->loop.left() && !server_stops && one->stop != Cut::Lost) co_await end(*one);
  if (one->answers_queued && one->loop.unanswered() > 0) runs.spawn("answer what was queued", answer_queued(one->loop.run()));
  if (one->loop.run().state == RunState::Waiting && !stopping) {
    watch_expiry();
    runs.spawn("tell what is asked", tell_asked(one->loop.run()));
  }
  forget(*one);
  one->enter(Active::Phase::Ended);
}

void Agents::State::forget(const Active& one) {
  const RunId id = one.loop.run().id;
  jobs.left(one.held);
  one.feed->close();
  notify(one.loop.run());
  // It may go on here already, in its next attempt: a person has answered, or its lease was lost and taken again.
  if (const auto found = active.find(id); found == active.end() || found->second.get() != &one) return;
  active.erase(id);
  feeds.close(feed_of(id));
}

void Agents::State::notify(const Run& run) {
  notices.tell(run.person_id, {Notice::What::Run, run.id.string()});
  if (!run.parent_run_id) notices.tell(run.person_id, {Notice::What::Conversation, run.conversation_id.string()});
}

namespace {

Ending ending_of(const Active& one, const Limits& limits) {
  if (one.stop == Cut::Cancelled) return {RunState::Cancelled, std::nullopt};
  if (one.stop == Cut::TimeUp) {
    const std::int64_t minutes = limits.of(one.held.person_id, Limit::MinutesARun);
    const bool is_persons = one.held.run_ms_most == minutes * 60'000;  // and no less, that was asked for with it
    return {RunState::Limited, Error{Code::Exhausted, "the run reached its limit of " + limit_text(spec_of(Limit::CommandTime), one.held.run_ms_most / 1'000),
                                     is_persons ? or_raise("send another message to go on", Limit::MinutesARun, minutes) : "send another message to go on"}};
  }
  if (one.stop == Cut::TooOften)
    return {RunState::Failed, Error{Code::Unavailable, fmt::format("ZoClone stopped {} times while this run worked, and does not begin it again", one.held.losses), "zo doctor"}};
  const Error error = one.outcome ? Error{Code::Internal, "the run ended without a result", ""} : one.outcome.error();
  return {error.code == Code::Exhausted ? RunState::Limited : RunState::Failed, error};
}

}  // namespace

Task<Result<Started>> Agents::State::begin_again(const Run& run) {
  RunRequest request;
  request.person = run.person_id;
  request.token = run.token_id;
  request.conversation = run.conversation_id;
  request.model = run.model;
  request.tools = run.tools;
  request.egress = run.options.egress;
  request.refuses_asks = run.options.refuses_asks;
  request.instructions = run.options.instructions;
  request.response_schema = run.options.response_schema;
  co_return co_await begin_run({}, std::move(request));
}

Task<void> Agents::State::answer_queued(Run stopped) {
  const Result<Started> begun = co_await begin_again(stopped);
  if (!begun) log_error("agent", "messages that were queued into a stopped run wait unanswered: " + begun.error().message);
}

Task<void> Agents::State::end(Active& one) {
  const Result<> stored = co_await one.loop.end(ending_of(one, limits));
  if (stored || stored.error().code == Code::Conflict) co_return;
  // Readers know; but a run that the store takes for a working one would swallow every further message of its conversation.
  log_error("agent", fmt::format("the end of run {} could not be stored, and is tried again: {}", one.loop.run().id.text(), stored.error().message));
  one.feed->close();
  one.enter(Active::Phase::Told);
  co_await one.loop.store_end();
}

Task<void> Agents::State::listen() {
  for (;;) {
    co_await clock.sleep_for(kListenMs);
    for (const auto& [id, one] : active)
      if (one->phase == Active::Phase::Working) one->loop.tell_silence();
  }
}

// --- watching, stopping, recovering --------------------------------------------------------------------------------------------

Task<Result<Run>> Agents::find(PersonId person, RunId run) { co_return co_await state_->find(std::move(person), std::move(run)); }

Task<Result<std::optional<Run>>> Agents::find_begun(PersonId person, std::string client_key) { return state_->journal.find_begun(std::move(person), std::move(client_key)); }

Task<Result<Run>> Agents::State::find(PersonId person, RunId id) {
  auto question = [=](Transaction& tx) -> Result<Run> {
    if (std::optional<Run> run = find_run(tx, person, id)) return std::move(*run);
    return std::unexpected(no_such("run", id.text()));
  };
  co_return co_await store.read(std::move(question));
}

Task<Result<std::vector<LeftFile>>> Agents::left(PersonId person, RunId id) {
  auto question = [=](Transaction& tx) -> Result<std::vector<LeftFile>> {
    std::vector<LeftFile> left;
    const auto rows = tx.query("SELECT left_files FROM tool_calls WHERE run_id = ? AND person_id = ? AND left_files IS NOT NULL ORDER BY step, place",
                               id, person);
    while (rows->next()) add_left(left, left_from_text(rows->text(0)));
    return left;
  };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<Run>> Agents::cancel(PersonId person, RunId run) { co_return co_await state_->cancel_run(std::move(person), std::move(run)); }

Task<Result<Run>> Agents::State::cancel_run(PersonId person, RunId id) {
  ZO_CO_TRY(const Run run, co_await find(person, id));
  // While the server stops, runs stay as they are.
  if (run.finished_at || stopping) co_return run;
  // One that waits may not have left yet.
  if (run.state == RunState::Waiting || !active.contains(id)) ZO_CO_OK(co_await end_idle(person, id));
  const auto found = active.find(id);
  if (found == active.end()) co_return co_await find(person, id);
  const std::shared_ptr<Active> one = found->second;
  one->answers_queued = true;
  one->end_work(Cut::Cancelled);
  while (one->phase < Active::Phase::Told) co_await one->changed.wait();
  co_return co_await find(person, id);
}

void Agents::abandon(const PersonId& person, const RunId& id) {
  const auto found = state_->active.find(id);
  if (state_->stopping || found == state_->active.end() || found->second->loop.run().person_id != person) return;
  if (!found->second->loop.was_told_more()) found->second->end_work(Cut::Cancelled);
}

Task<Result<Approval>> Agents::answer(PersonId person, ApprovalId approval, ApprovalAnswer answer) {
  if (state_->stopping) co_return fail(Code::Unavailable, "ZoClone is stopping", "try again when it has started");
  if (answer.note.size() > limits::kNoteBytes)
    co_return fail(Code::Invalid, fmt::format("the note has {}, limit {}", human_size(answer.note.size()), human_size(limits::kNoteBytes)), "say it shorter");
  answer.note = to_valid_utf8(answer.note);
  ZO_CO_TRY(Journal::Answered answered, co_await state_->journal.answer(person, approval, std::move(answer), state_->clock.now()));
  state_->notices.tell(person, {Notice::What::Approval, approval.string()});
  if (answered.taken) state_->go_on_held(std::move(*answered.taken));
  co_return std::move(answered.approval);
}

Task<Result<Approval>> Agents::find_approval(PersonId person, ApprovalId approval) {
  co_return co_await state_->journal.find_approval(std::move(person), std::move(approval));
}

Task<Result<std::vector<Approval>>> Agents::approvals(PersonId person, ApprovalFilter wanted) {
  co_return co_await state_->journal.approvals(std::move(person), std::move(wanted));
}

void Agents::on_asked(std::function<void(PersonId, std::vector<Approval>)> told) { state_->on_asked = std::move(told); }

Task<void> Agents::State::tell_asked(Run run) {
  Result<std::vector<Approval>> asked = co_await journal.approvals(run.person_id, {ApprovalState::Asked, run.id});
  if (!asked) co_return;  // they stand in the list all the same
  std::ranges::reverse(*asked);
  for (const Approval& one : *asked) notices.tell(run.person_id, {Notice::What::Approval, one.id.string()});
  if (on_asked && !asked->empty()) on_asked(run.person_id, std::move(*asked));
}

void Agents::State::watch_expiry() {
  if (!stopping && !std::exchange(expiring, true)) runs.spawn("expire approvals", expire());
}

// New questions expire after those that are there, so nothing has to wake it.
Task<void> Agents::State::expire() {
  for (;;) {
    const Result<std::optional<TimeMs>> next = co_await journal.next_expiry();
    if (next && !*next) break;
    const std::int64_t wait_ms = next ? **next - clock.now() : kExpireRetryMs;
    if (wait_ms > 0) {
      co_await clock.sleep_for(std::min(wait_ms, kExpireLookMs));
      continue;
    }
    Result<std::vector<Journal::Expired>> expired = co_await journal.expire(clock.now());
    if (!expired) {
      co_await clock.sleep_for(kExpireRetryMs);
      continue;
    }
    for (auto& [person, answered] : *expired) {
      notices.tell(person, {Notice::What::Approval, answered.approval.id.string()});
      if (answered.taken) go_on_held(std::move(*answered.taken));
    }
  }
  expiring = false;
}

Task<void> Agents::cancel_all(PersonId person, TokenId token) {
  if (const Result<std::vector<RunId>> open = co_await state_->journal.open_of(person, token))
    for (const RunId& run : *open)
      if (const Result<> ended = co_await state_->end_idle(person, run); !ended)
        log_error("agent", fmt::format("run {}, which waits, could not be ended: {}", run.text(), ended.error().message));
  const auto of_token = [&](const auto& entry) {
    const Run& run = entry.second->loop.run();
    return run.token_id == token && run.person_id == person && entry.second->phase < Active::Phase::Told;
  };
  // One that works may begin another until it has ended.
  while (!state_->stopping) {
    const auto found = std::ranges::find_if(state_->active, of_token);
    if (found == state_->active.end()) co_return;
    for (const auto& entry : state_->active)
      if (of_token(entry)) entry.second->end_work(Cut::Cancelled);
    const std::shared_ptr<Active> one = found->second;
    while (one->phase < Active::Phase::Told) co_await one->changed.wait();
  }
}

Task<Result<std::unique_ptr<Watcher>>> Agents::watch(PersonId person, RunId id, std::int64_t cursor) {
  // The feed first: a run that ends meanwhile is then still read from it to its end.
  auto feed = state_->feeds.find(feed_of(id));
  auto writing = partial(id);
  const auto found = state_->active.find(id);
  const bool ours = found != state_->active.end() && found->second->loop.run().person_id == person;
  if (!ours) ZO_CO_OK(co_await find(person, id));
  co_return std::make_unique<Watcher>(state_->store, person, id, std::move(feed), std::move(writing), cursor);
}

Task<Result<>> Agents::recover() {
  ZO_CO_TRY(const auto revoked, co_await state_->journal.open_of_revoked());
  for (const auto& [person, run] : revoked) ZO_CO_OK(co_await state_->end_idle(person, run));
  state_->watch_expiry();
  co_return Result<>{};
}

Task<void> Agents::stop() {
  state_->stopping = true;
  co_await state_->runs.stop();
  // Runs that had no chance to begin: their readers are to see an end, too.
  while (!state_->active.empty()) state_->forget(*state_->active.begin()->second);
  for (const RunId& run : std::exchange(state_->later, {})) state_->feeds.close(feed_of(run));
}

}  // namespace zo
