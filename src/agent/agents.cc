#include "agent/agents.h"

#include <boost/asio/cancellation_state.hpp>

#include "agent/event.h"
#include "agent/loop.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

enum class Stop { None, Cancelled, TimeUp, Lost };

// A run that works in this process.
struct Active {
  Active(const Executor& executor, RunLoop l) : loop(std::move(l)), changed(executor) {}
  RunLoop loop;
  Scope::Child work;
  Stop stop = Stop::None;
  bool work_ended = false;
  bool ended = false;
  Result<> outcome;
  Condition changed;

  void end_work(Stop why) {
    if (work_ended || stop != Stop::None) return;
    stop = why;
    work.cancel();
  }
};

constexpr std::size_t kTitleBytes = 60;
constexpr std::array<std::int64_t, 5> kEndRetriesMs{100, 300, 1'000, 3'000, 10'000};

}  // namespace

struct Agents::State {
  Executor executor;
  Clock& clock;
  Dice& dice;
  Store& store;
  Feeds& feeds;
  Models& models;
  Tools& tools;
  Budget& budget;
  Journal journal;
  std::string host;
  std::string owner;
  Scope runs;
  std::unordered_map<RunId, std::shared_ptr<Active>> active;
  bool stopping = false;

  LoopParts parts() { return {clock, dice, store, journal, models, tools, budget, owner}; }
  Lease lease() const { return {owner, clock.now() + limits::kLeaseMs}; }

  Task<Result<Started>> begin(NewRun wanted, RunRequest request);
  void launch(Run run, std::shared_ptr<Feed> feed, bool resumed);
  Task<void> supervise(std::shared_ptr<Active> active, std::shared_ptr<Feed> feed, bool resumed);
  Task<void> work(std::shared_ptr<Active> active, bool resumed);
  Task<void> keep_lease(std::shared_ptr<Active> active);
  Task<void> keep_time(std::shared_ptr<Active> active);
  Task<void> settle(Active& active, Feed& feed);
};

Agents::Agents(Executor executor, Clock& clock, Dice& dice, Store& store, Feeds& feeds, Models& models, Tools& tools, Budget& budget,
               std::string host)
    : state_(new State{executor, clock, dice, store, feeds, models, tools, budget, Journal(store), host,
                       host + "/" + new_id_text(dice, clock.now()), Scope(executor), {}, false}) {}

Agents::~Agents() = default;
std::size_t Agents::working() const { return state_->active.size(); }

// --- starting -----------------------------------------------------------------------------------------------------------------

namespace {

// The conversation's own choice of a model; NotFound when there is no such conversation.
Task<Result<std::string>> model_of(Store& store, PersonId person, ConversationId conversation) {
  auto question = [=](Transaction& tx) -> Result<std::string> {
    const auto rows = tx.query("SELECT model FROM conversations WHERE id = ? AND person_id = ?", conversation, person);
    if (!rows->next())
      return fail(Code::NotFound, "no conversation has the id '" + conversation.text + "'", "leave the id out to begin a new one");
    return rows->string(0);
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

Task<Result<Started>> Agents::start(RunRequest request) {
  if (trim(request.text).empty() && request.files.empty()) co_return fail(Code::Invalid, "the message is empty", "write what you want done");
  if (request.text.size() > limits::kInputBytes)
    co_return fail(Code::Invalid, fmt::format("the message has {}, limit {}", human_size(request.text.size()), human_size(limits::kInputBytes)),
                   "put the long part into a file and attach it");
  NewRun wanted;
  wanted.new_conversation = !request.conversation;
  wanted.title = one_line(request.text, kTitleBytes);
  wanted.message.emplace();
  wanted.client_key = request.client_key;
  co_return co_await state_->begin(std::move(wanted), std::move(request));
}

Task<Result<Started>> Agents::State::begin(NewRun wanted, RunRequest request) {
  if (stopping) co_return fail(Code::Unavailable, "ZoClone is stopping", "try again when it has started");
  if (active.size() >= limits::kRunsAtOnce)
    co_return fail(Code::Exhausted, fmt::format("{} runs work already, limit {}", active.size(), limits::kRunsAtOnce), "wait until one has ended");
  if (request.conversation && request.model.empty()) {
    ZO_CO_TRY(request.model, co_await model_of(store, request.person, *request.conversation));
  } else if (!request.model.empty() && !request.conversation) {
    wanted.model = request.model;
  }
  ZO_CO_TRY(const ModelProfile profile, co_await models.resolve(request.person, request.model));

  const TimeMs now = clock.now();
  Run& run = wanted.run;
  run.id = RunId::make(dice, now);
  run.person_id = request.person;
  run.conversation_id = request.conversation ? *request.conversation : ConversationId::make(dice, now);
  run.parent_run_id = request.parent;
  run.depth = request.depth;
  run.model = profile.name;
  run.tools = request.tools.text();
  run.options = RunOptions{request.response_schema, request.instructions}.text();
  run.steps_max = request.steps_max;
  run.created_at = now;
  run.last_event = 2;
  for (const ModelMessage& turn : request.history) wanted.history.push_back(earlier_message(dice, now, turn, run));
  if (wanted.message) wanted.message = new_user_message(dice, now, request, run);

  ZO_CO_TRY(BeginOutcome begun, co_await journal.begin(std::move(wanted), lease()));
  Started started{std::move(begun.message), std::move(begun.run), begun.what == Begun::Queued, begun.what == Begun::Repeated};
  if (started.queued) {
    if (const auto found = active.find(started.run.id); found != active.end()) found->second->loop.note_queued();
  }
  if (begun.what != Begun::Started) co_return started;
  const auto feed = feeds.open(started.run.id, 0);
  const std::int64_t first = feed->reserve();
  feed->settle(first, event::kRunStarted, run_event(started.run));
  if (!started.message.id.empty()) {
    const std::int64_t second = feed->reserve();
    feed->settle(second, event::kMessagePlaced, message_event(started.message));
  }
  launch(started.run, feed, false);
  co_return started;
}

namespace {

struct Branch {
  std::int64_t position = 0;  // supersede from here
  std::vector<std::string> files;
  std::string model;
};

// Where to cut for an edit of that user message, or for a new answer instead of that assistant message.
Task<Result<Branch>> find_branch(Store& store, PersonId person, ConversationId conversation, MessageId message, Message::Role role) {
  auto question = [=](Transaction& tx) -> Result<Branch> {
    const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS
                               " FROM messages WHERE id = ? AND conversation_id = ? AND person_id = ? AND state = 'placed'",
                               message, conversation, person);
    if (!rows->next()) return fail(Code::NotFound, "no message of this conversation has the id '" + message.text + "'", "reload the conversation");
    const Message found = read_message(*rows);
    if (found.role != role)
      return fail(Code::Invalid, role == Message::Role::User ? "only your own messages can be edited" : "only an answer can be made anew");
    Branch branch{*found.position, found.files, ""};
    // A new answer replaces everything after the question that it answered.
    if (role == Message::Role::Assistant)
      branch.position = 1 + tx.number("SELECT MAX(position) FROM messages WHERE conversation_id = ? AND state = 'placed' AND role = 'user' AND position < ?",
                                      conversation, *found.position);
    return branch;
  };
  co_return co_await store.read(std::move(question));
}

}  // namespace

Task<Result<Started>> Agents::edit(PersonId person, ConversationId conversation, MessageId message, std::string text, ToolAllowance tools) {
  if (trim(text).empty()) co_return fail(Code::Invalid, "the message is empty", "write what you want done");
  ZO_CO_TRY(const Branch branch, co_await find_branch(state_->store, person, conversation, message, Message::Role::User));
  NewRun wanted;
  wanted.supersede_from = branch.position;
  wanted.message.emplace();
  RunRequest request{.person = person, .conversation = conversation, .text = std::move(text), .files = branch.files, .tools = std::move(tools)};
  co_return co_await state_->begin(std::move(wanted), std::move(request));
}

Task<Result<Started>> Agents::regenerate(PersonId person, ConversationId conversation, MessageId message, ToolAllowance tools) {
  ZO_CO_TRY(const Branch branch, co_await find_branch(state_->store, person, conversation, message, Message::Role::Assistant));
  NewRun wanted;
  wanted.supersede_from = branch.position;
  RunRequest request{.person = person, .conversation = conversation, .tools = std::move(tools)};
  co_return co_await state_->begin(std::move(wanted), std::move(request));
}

void Agents::State::launch(Run run, std::shared_ptr<Feed> feed, bool resumed) {
  const RunId id = run.id;
  auto one = std::make_shared<Active>(executor, RunLoop(parts(), std::move(run), feed));
  active[id] = one;
  runs.spawn("run", supervise(one, feed, resumed));
}

// --- working ------------------------------------------------------------------------------------------------------------------

Task<void> Agents::State::work(std::shared_ptr<Active> one, bool resumed) {
  try {
    one->outcome = co_await one->loop.work(resumed);
  } catch (...) {  // a cancel, whose reason is in `stop`, or a bug of ours; both end the run with a word about it
    std::string buffer;
    const std::exception_ptr failure = std::current_exception();
    if (!is_cancellation(failure)) one->outcome = fail(Code::Internal, "the run failed: " + std::string(describe(failure, buffer)));
    else if (one->outcome) one->outcome = fail(Code::Cancelled, "stopped");
  }
  one->work_ended = true;
  one->changed.notify_all();
}

Task<void> Agents::State::keep_lease(std::shared_ptr<Active> one) {
  for (;;) {
    co_await clock.sleep_for(limits::kLeaseRenewMs);
    const Result<bool> held = co_await journal.renew(one->loop.run(), one->loop.lease());
    if (held && !*held) one->end_work(Stop::Lost);
  }
}

Task<void> Agents::State::keep_time(std::shared_ptr<Active> one) {
  co_await clock.sleep_for(limits::kRunMs);
  one->end_work(Stop::TimeUp);
}

Task<void> Agents::State::supervise(std::shared_ptr<Active> one, std::shared_ptr<Feed> feed, bool resumed) {
  Scope inner(executor);
  one->work = inner.spawn("loop", work(one, resumed));
  inner.spawn("lease", keep_lease(one));
  inner.spawn("time limit", keep_time(one));
  bool server_stops = false;
  try {
    while (!one->work_ended) co_await one->changed.wait();
  } catch (...) {  // the whole server stops: the run stays as it is in the store, and the next start resumes it
    server_stops = true;
  }
  inner.cancel();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await inner.wait();
  const bool leave = one->loop.ended() || (server_stops && one->stop == Stop::None) || one->stop == Stop::Lost;
  if (!leave) co_await settle(*one, *feed);
  active.erase(one->loop.run().id);
  feeds.close(one->loop.run().id);
  one->ended = true;
  one->changed.notify_all();
}

// Writes the end of a run that did not end by an answer.
Task<void> Agents::State::settle(Active& one, Feed& feed) {
  Run run = one.loop.run();
  const Error error = one.outcome ? Error{Code::Internal, "the run ended without a result", ""} : one.outcome.error();
  run.state = error.code == Code::Exhausted ? RunState::Limited : RunState::Failed;
  run.error = error;
  if (one.stop == Stop::Cancelled) {
    run.state = RunState::Cancelled;
    run.error.reset();
  } else if (one.stop == Stop::TimeUp) {
    run.state = RunState::Limited;
    run.error = Error{Code::Exhausted, "the run reached its limit of " + human_duration(limits::kRunMs), "send another message to go on"};
  }
  run.finished_at = clock.now();
  std::optional<Message> partial = one.loop.partial_message(run.state == RunState::Cancelled ? "cancelled" : "cut");
  std::vector<JournalEvent> events;
  if (partial) events.push_back(one.loop.reserve_message(*partial));
  const auto calls = one.loop.end_open_calls(CallState::Cancelled);
  for (const auto& [call, event] : calls) events.push_back(event);
  events.push_back({feed.reserve(), event::kRunFinished, "{}"});
  run.last_event = events.back().number;
  Result<std::optional<std::int64_t>> kept = co_await journal.finish_run(run, partial, CallState::Cancelled, events);
  for (const std::int64_t delay : kEndRetriesMs) {
    if (kept || kept.error().code == Code::Conflict) break;
    co_await clock.sleep_for(delay);
    kept = co_await journal.finish_run(run, partial, CallState::Cancelled, events);
  }
  // Readers are told in any case; what could not be written down is resumed by the next start.
  if (!kept) log_error("agent", fmt::format("the end of run {} could not be stored: {}", run.id.text, kept.error().message));
  if (partial) {
    if (kept) partial->position = *kept;
    one.loop.settle_message(events.front(), *partial);
  }
  for (const auto& [call, event] : calls) feed.settle(event.number, event.kind, tool_event(call));
  feed.settle(events.back().number, events.back().kind, run_event(run));
}

// --- watching, stopping, recovering --------------------------------------------------------------------------------------------

Task<Result<Run>> Agents::find(PersonId person, RunId id) {
  auto question = [=](Transaction& tx) -> Result<Run> {
    const auto rows = tx.query("SELECT " ZO_RUN_COLUMNS " FROM runs WHERE id = ? AND person_id = ?", id, person);
    if (!rows->next()) return fail(Code::NotFound, "no run has the id '" + id.text + "'");
    return read_run(*rows);
  };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<Run>> Agents::cancel(PersonId person, RunId id) {
  ZO_CO_TRY(Run run, co_await find(person, id));
  const auto found = state_->active.find(id);
  if (run.state != RunState::Running || found == state_->active.end()) co_return run;
  const std::shared_ptr<Active> one = found->second;
  one->end_work(Stop::Cancelled);
  while (!one->ended) co_await one->changed.wait();
  co_return co_await find(person, id);
}

Task<Result<std::unique_ptr<Watcher>>> Agents::watch(PersonId person, RunId id, std::int64_t cursor) {
  // The feed first: a run that ends meanwhile is then still read from it to its end.
  auto feed = state_->feeds.find(id);
  ZO_CO_TRY(const Run run, co_await find(person, id));
  co_return std::make_unique<Watcher>(state_->store, person, run.id, std::move(feed), cursor);
}

Task<Result<int>> Agents::recover() {
  ZO_CO_TRY(const std::vector<Run> runs, co_await state_->journal.take_over(state_->lease(), state_->host, state_->clock.now()));
  for (const Run& run : runs) {
    const auto feed = state_->feeds.open(run.id, run.attempt * limits::kEventsInAnAttempt);
    state_->launch(run, feed, true);
  }
  if (!runs.empty()) log_info("agent", fmt::format("resumed {} runs that were cut off", runs.size()));
  co_return static_cast<int>(runs.size());
}

Task<void> Agents::stop() {
  state_->stopping = true;
  co_await state_->runs.stop();
}

}  // namespace zo
