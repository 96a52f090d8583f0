#include "agent/loop.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/json.hpp>

#include "agent/prompt.h"
#include "async/gather.h"
#include "base/hash.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kAnswerTokens = 4'096;    // of the window, kept free for the answer; at most a quarter of it
constexpr int kShrinksMost = 3;    // of a window within one run
constexpr int kEmptyMost = 1;      // answers without a word that are asked for again
constexpr int kCutCallsMost = 2;   // one after the other, that the model is told of
constexpr int kRepeatsTold = 3;    // the same call with the same result: the model is told
constexpr int kRepeatsMost = 5;    // and then the run ends
constexpr std::int64_t kSilenceToldMs = 60'000;  // of a model, then the readers are told

// Between two tries to write down how a run ended. The readers are told after the last of these, and it is tried on for ever.
constexpr std::array<std::int64_t, 6> kEndRetriesMs{100, 300, 1'000, 1'000, 1'000, 1'000};
constexpr std::int64_t kEndRetryMs = 1'000;

constexpr std::string_view kMayBeRepeated =
    "An earlier call of this tool was cut off, and nobody knows whether it reached the outside. It is not made again without a person, who cannot be asked from here. It was not run.";
constexpr std::string_view kNobodyThere = "A person would have to allow this, and cannot be asked from here. It was not run.";

void fail_call(ToolCall& call, std::string why) {
  call.state = CallState::Failed;
  call.output = std::move(why);
  call.output_bytes = static_cast<std::int64_t>(call.output.size());
}

std::string cut_words(std::string_view tool) {
  return fmt::format("Your call of {} was cut off at the token limit, and was not run. Send less at once: several smaller pieces, one after the other.", tool);
}

std::int64_t context_budget(const ModelProfile& profile) {
  return profile.context_tokens - std::min(kAnswerTokens, profile.context_tokens / 4);
}

std::int64_t offer_tokens(const std::vector<OfferedTool>& tools) {
  std::int64_t tokens = 0;
  for (const OfferedTool& tool : tools) tokens += estimate_tokens(tool.description) + estimate_tokens(tool.parameters);
  return tokens;
}

}  // namespace

RunLoop::RunLoop(LoopParts parts, Run run, std::shared_ptr<RunFeed> feed) : parts_(std::move(parts)), run_(std::move(run)), feed_(std::move(feed)) {}

Task<Result<>> RunLoop::work(Known known) {
  ZO_CO_OK(co_await find_model());
  if (known.messages) messages_ = std::move(*known.messages);
  else ZO_CO_OK(co_await load());
  co_return co_await take_steps();
}

Task<Result<>> RunLoop::find_model() {
  ZO_CO_TRY(profile_, co_await parts_.models.resolve(run_.person_id, run_.model));
  const bool in_words = run_.options.response_schema.empty() && parts_.tools.offers_any(run_.tools);
  if (profile_.tool_calls == ToolCalls::Blocks && in_words) reviewer_.emplace(parts_.workspaces, run_.person_id);
  co_return Result<>{};
}

Task<Result<>> RunLoop::load() {
  ZO_CO_TRY(LoadedMessages loaded,
            co_await load_messages(parts_.store, run_.person_id, run_.conversation_id, context_budget(profile_)));
  messages_ = std::move(loaded.messages);
  older_ = loaded.older;
  // What the model is shown, the run has seen.
  for (const Message& message : messages_) run_.taint |= message.taint;
  co_return Result<>{};
}

Task<Result<>> RunLoop::take_steps() {
  for (;;) {
    if (queued_) ZO_CO_OK(co_await place_queued());
    ZO_CO_TRY(const Next next, co_await take_step());
    if (next != Next::Ask) co_return Result<>{};
  }
}

// After a crash readers are told to drop the partial text. Which calls have ended meanwhile was told when the run was taken.
Task<Result<>> RunLoop::resume(Resumed why) {
  ZO_CO_OK(co_await find_model());
  ZO_CO_OK(co_await load());
  RunEvent goes_on = event::StepRestarted{run_.step + 1, run_.attempt};
  if (why == Resumed::AfterAnswer) goes_on = event::RunResumed{event::shared(run_)};
  ZO_CO_OK(co_await tell(std::move(goes_on)));
  queued_ = true;
  if (!messages_.empty() && messages_.back().role == Message::Role::Assistant) {
    for (ToolCall& call : messages_.back().tool_calls)
      if (call.state == CallState::Pending) ZO_CO_OK(co_await decide_again(call));
    ZO_CO_TRY(const Next next, co_await work_off_calls());
    if (next == Next::Waits) co_return Result<>{};
  }
  co_return co_await take_steps();
}

Task<Result<>> RunLoop::tell(RunEvent event) {
  const std::int64_t number = feed_->reserve();
  const Result<> recorded = co_await parts_.journal.record_event(run_, {number, event});
  if (recorded) feed_->settle(number, std::move(event));
  else feed_->drop(number);
  co_return recorded;
}

Task<Result<>> RunLoop::place_queued() {
  queued_ = false;
  ZO_CO_TRY(const std::int64_t waiting, co_await parts_.journal.count_queued(run_.person_id, run_.id));
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < waiting; ++i) numbers.push_back(feed_->reserve());
  Result<std::vector<Message>> placed = co_await parts_.journal.place_queued(run_, numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (placed && i < placed->size()) feed_->settle(numbers[i], event::MessagePlaced{event::shared((*placed)[i])});
    else feed_->drop(numbers[i]);
  }
  if (!placed) co_return std::unexpected(placed.error());
  for (Message& message : *placed) messages_.push_back(std::move(message));
  if (reviewer_ && !placed->empty()) reviewer_->person_spoke();
  co_return Result<>{};
}

Task<Result<RunLoop::Next>> RunLoop::take_step() {
  if (run_.step >= run_.steps_max)
    co_return fail(Code::Exhausted, fmt::format("the run reached its limit of {} steps", run_.steps_max),
                   or_raise("send another message to go on", Limit::StepsARun, run_.steps_max));
  ZO_CO_OK(co_await parts_.budget.check(run_.person_id, profile_));
  feed_->publish(event::StepStarted{run_.step + 1});
  ZO_CO_TRY(ModelReply reply, co_await ask_in_window());
  ZO_CO_TRY(const bool again, co_await is_no_answer(reply));
  if (again) co_return Next::Ask;
  if (const Result<> fits = check_schema(reply); !fits) {
    ZO_CO_OK(co_await object(reply, "That does not fit the schema that was asked for: " + fits.error().message + ". Answer again with the JSON object alone."));
    if (std::exchange(mended_, true)) co_return std::unexpected(fits.error());
    co_return Next::Ask;
  }
  if (reviewer_ && reply.calls.empty()) {
    if (std::optional<std::string> why = co_await reviewer_->object(messages_, reply.text)) {
      ZO_CO_OK(co_await object(reply, std::move(*why)));
      co_return Next::Ask;
    }
  }
  mending_.clear();
  if (std::exchange(holds_back_, false) && !reply.text.empty()) show(delta::Text{reply.text});
  const std::string cut = reply.calls.empty() ? "" : std::move(reply.cut_call);
  ZO_CO_TRY(const Next next, co_await keep(std::move(reply)));
  if (!cut.empty() && next == Next::Ask && mending_.empty()) mending_ = {{.text = cut_words(cut)}};
  co_return next;
}

Task<Result<ModelReply>> RunLoop::ask_in_window() {
  for (;;) {
    Result<ModelReply> reply = co_await ask();
    if (reply || reply.error().code != Code::Exhausted || shrunk_ >= kShrinksMost || partial_->any()) co_return reply;
    Result<ModelProfile> now = co_await parts_.models.resolve(run_.person_id, run_.model);
    if (!now || now->context_tokens >= profile_.context_tokens) co_return reply;
    profile_ = std::move(*now);
    ++shrunk_;
    for (Message& message : messages_) message.context_tokens = 0;  // what is shown of tools may be less now
  }
}

Task<Result<bool>> RunLoop::is_no_answer(const ModelReply& reply) {
  const bool is_blank = trim(reply.text).empty() && reply.calls.empty();
  const bool is_cut = !reply.cut_call.empty() && reply.calls.empty();
  if (reply.finish == Finish::ContentFilter) {
    ZO_CO_OK(co_await pay(reply));
    co_return fail(Code::Unavailable, fmt::format("the filter of {} held the answer back", profile_.name), "ask in other words, or choose another model");
  }
  if (is_blank && reply.finish == Finish::Refusal) {
    ZO_CO_OK(co_await pay(reply));
    co_return fail(Code::Unavailable, profile_.name + " refused to answer", "ask in other words, or choose another model");
  }
  if (is_cut && cut_ < kCutCallsMost) {
    ++cut_;
    ZO_CO_OK(co_await object(reply, cut_words(reply.cut_call)));
    co_return true;
  }
  if (!is_cut && !is_blank) co_return false;
  if (!is_cut && reply.finish != Finish::Length && empty_ < kEmptyMost) {
    ++empty_;
    ZO_CO_OK(co_await object(reply, ""));
    co_return true;
  }
  ZO_CO_OK(co_await pay(reply));
  if (is_cut)
    co_return fail(Code::Exhausted, fmt::format("the calls of {} were cut off at its token limit again and again", profile_.name), "ask for smaller pieces, or choose another model");
  if (reply.finish == Finish::Length)
    co_return fail(Code::Unavailable, reply.reasoning.empty() ? profile_.name + " used all its tokens and said nothing" : profile_.name + " used all its tokens for thinking",
                   "ask for less at once, or choose another model");
  co_return fail(Code::Unavailable, reply.reasoning.empty() ? profile_.name + " answered nothing, twice" : profile_.name + " only thought, and answered nothing, twice", "ask again, or choose another model");
}

Result<> RunLoop::note_repeats(const Message& message) {
  std::string now;
  for (const ToolCall& call : message.tool_calls)
    now += hash_hex({call.name, "\n", call.arguments, "\n", call_state_name(call.state), "\n", call.output});
  repeats_ = !now.empty() && now == repeated_ ? repeats_ + 1 : 1;
  repeated_ = std::move(now);
  if (repeats_ == kRepeatsTold) {
    mending_ = {{.text = "You have made the same call three times, and it gave the same each time. Do something else, or say what you found."}};
    return {};
  }
  if (repeats_ < kRepeatsMost) return {};
  return fail(Code::Exhausted, fmt::format("{} made the same call {} times, with the same result each time", profile_.name, repeats_), "say what it should do instead");
}

Task<Result<>> RunLoop::pay(const ModelReply& reply) {
  ZO_CO_TRY(const Spent spent, co_await parts_.journal.charge(run_, reply.usage, !profile_.at_home, parts_.clock.now()));
  parts_.budget.learn(run_.person_id, spent);
  run_.input_tokens += reply.usage.input_tokens;
  run_.output_tokens += reply.usage.output_tokens;
  co_return Result<>{};
}

Task<Result<>> RunLoop::object(const ModelReply& reply, std::string why) {
  ZO_CO_OK(co_await pay(reply));
  if (!why.empty()) {
    mending_.clear();
    if (!trim(reply.text).empty()) mending_.push_back({.role = ModelMessage::Role::Assistant, .text = reply.text});
    mending_.push_back({.text = std::move(why)});
  }
  *partial_ = {};
  co_return Result<>{};
}

Task<Result<ModelReply>> RunLoop::ask() {
  ModelRequest request;
  request.person = run_.person_id;
  request.run = run_.id.string();
  request.tools = parts_.tools.offered(run_.tools);
  request.response_schema = run_.options.response_schema;
  std::vector<ContextSection> sections{{.name = "system", .text = system_text(!request.tools.empty())},
                                       {.name = "instructions", .text = run_.options.instructions, .whose = ContextSection::Whose::Clients}};
  const std::int64_t room = context_budget(profile_) - offer_tokens(request.tools);
  ZO_CO_TRY(Context context, build_context(std::move(sections), messages_, profile_, room, older_));
  ZO_CO_OK(co_await tell_trimmed(context.left_out));
  request.system = std::move(context.system);
  request.instructions = std::move(context.instructions);
  request.messages = std::move(context.messages);
  if (reviewer_) {
    co_await reviewer_->prepare(request);
    holds_back_ = reviewer_->holds_back(messages_);
  }
  request.messages.insert(request.messages.end(), mending_.begin(), mending_.end());
  call_names_.clear();
  auto on_delta = [this](Delta delta) { show(std::move(delta)); };
  heard_at_ = parts_.clock.steady_ms();
  Result<ModelReply> reply = co_await parts_.models.stream(profile_, std::move(request), std::move(on_delta));
  heard_at_.reset();
  co_return reply;
}

void RunLoop::tell_silence() {
  if (!heard_at_) return;
  const std::int64_t silent_ms = parts_.clock.steady_ms() - *heard_at_;
  if (silent_ms < kSilenceToldMs) return;
  heard_at_.reset();
  const std::string_view provider = std::string_view(profile_.name).substr(0, profile_.name.find('/'));
  feed_->publish(event::ModelState{fmt::format("{} has said nothing for {}", provider, human_duration(silent_ms))});
}

Task<Result<>> RunLoop::tell_trimmed(std::int64_t left_out) {
  if (left_out <= left_out_told_) co_return Result<>{};
  left_out_told_ = left_out;
  co_return co_await tell(event::ContextTrimmed{left_out});
}

void RunLoop::show(Delta delta) {
  heard_at_ = parts_.clock.steady_ms();
  const std::int64_t step = run_.step + 1;
  if (auto* text = std::get_if<delta::Text>(&delta)) {
    if (holds_back_) return;
    partial_->add(step, feed_->publish(event::Text{step, text->text}), text->text);
  } else if (auto* reasoning = std::get_if<delta::Reasoning>(&delta)) {
    partial_->add(step, feed_->publish(event::Reasoning{step, reasoning->text}), "", reasoning->text);
  } else if (auto* start = std::get_if<delta::CallStart>(&delta)) {
    call_names_.resize(std::max(call_names_.size(), static_cast<std::size_t>(start->index) + 1));
    call_names_[static_cast<std::size_t>(start->index)] = start->name;
    partial_->add(step, feed_->publish(event::ToolArguments{step, start->index, start->name, ""}));
  } else if (auto* arguments = std::get_if<delta::CallArguments>(&delta)) {
    const std::string& name = call_names_.at(static_cast<std::size_t>(arguments->index));
    partial_->add(step, feed_->publish(event::ToolArguments{step, arguments->index, name, arguments->text}));
  } else if (auto* state = std::get_if<delta::State>(&delta)) {
    feed_->publish(event::ModelState{std::move(state->text)});
  } else if (auto* retrying = std::get_if<delta::Retrying>(&delta)) {
    feed_->publish(event::Retrying{step, retrying->in_ms, std::move(retrying->reason)});
  }
}

Result<> RunLoop::check_schema(const ModelReply& reply) const {
  if (run_.options.response_schema.empty() || !reply.calls.empty()) return {};
  ZO_TRY(const Json schema, parse_json(run_.options.response_schema, "output_format"));
  ZO_TRY(const Json answer, parse_json(reply.text, "the model's answer"));
  return fits_schema(answer, schema, "the model's answer");
}

Message RunLoop::new_message(Message::Role role) const {
  const TimeMs now = parts_.clock.now();
  Message message;
  message.id = MessageId::make(parts_.dice, now);
  message.conversation_id = run_.conversation_id;
  message.run_id = run_.id;
  message.role = role;
  message.origin = Origin::Model;
  message.step = run_.step + 1;
  message.taint = run_.taint;
  message.created_at = now;
  return message;
}

std::optional<Message> RunLoop::partial_message(std::string finish) const {
  if (partial_->text.empty() && partial_->reasoning.empty()) return std::nullopt;
  Message message = new_message(Message::Role::Assistant);
  message.text = partial_->text;
  message.reasoning = partial_->reasoning;
  message.finish = std::move(finish);
  return message;
}

ToolCall RunLoop::prepare_call(const Message& message, const ModelCall& asked, int place) {
  ToolCall call;
  call.id = ToolCallId::make(parts_.dice, parts_.clock.now());
  call.run_id = run_.id;
  call.message_id = message.id;
  call.step = *message.step;
  call.place = place;
  call.call_id = asked.id;
  call.name = asked.name;
  call.arguments = asked.arguments;
  decide(call);
  return call;
}

// Before a call is written down it is decided whether it runs. One that cannot is a failed call with the reason as its result.
void RunLoop::decide(ToolCall& call) {
  const Decision decision = call.place < static_cast<int>(limits::kCallsInAStep)
                                ? parts_.tools.decide({call.name, call.arguments, run_.tools, run_.person_id, run_.token_id})
                                : Decision{.why = {Code::Exhausted, fmt::format("at most {} calls in one step; this one was not run", limits::kCallsInAStep), ""},
                                           .summary = one_line(call.arguments, 80)};
  call.summary = decision.summary;
  if (!decision.meant.empty()) call.arguments = decision.meant;
  switch (decision.verdict) {
    case Decision::Verdict::Runs:
      call.state = CallState::Pending;
      if (!decision.may_reach || !may_be_repeated(call)) break;
      if (run_.options.refuses_asks) return fail_call(call, std::string(kMayBeRepeated));
      call.state = CallState::Asked;
      asks_[call.id] = new_approval(call, AskReason::Repeat, decision.destination, "");
      break;
    case Decision::Verdict::Asks:
      if (run_.options.refuses_asks) return fail_call(call, std::string(kNobodyThere));
      call.state = CallState::Asked;
      asks_[call.id] = new_approval(call, AskReason::Policy, decision.destination, decision.bound);
      break;
    case Decision::Verdict::Refused: return fail_call(call, decision.why.message);
  }
  checked_[call.id] = decision.arguments;
}

std::vector<const ToolCall*> RunLoop::others_of(const ToolCall& call) const {
  std::vector<const ToolCall*> others;
  for (const Message& message : messages_) {
    if (message.run_id != run_.id) continue;
    for (const ToolCall& other : message.tool_calls)
      if (other.id != call.id && other.name == call.name) others.push_back(&other);
  }
  return others;
}

// Whether an earlier call of that tool in this run was cut off while it could reach the outside, and no person has said since that it goes on.
bool RunLoop::may_be_repeated(const ToolCall& call) const {
  if (parts_.tools.network_of(run_.person_id, run_.token_id, run_.options.egress).words == "off") return false;
  bool is_unknown = false;
  for (const ToolCall* earlier : others_of(call)) {
    if (earlier->state == CallState::Unknown) is_unknown = true;
    else if (earlier->answer == PersonsAnswer::Yes) is_unknown = false;
  }
  return is_unknown;
}

// Of the run, the call, and how many equal ones have ended before: so one that is made again after its outcome was lost has the same.
std::string RunLoop::idempotency_key(const ToolCall& call) const {
  std::size_t ended = 0;
  for (const ToolCall* earlier : others_of(call)) ended += earlier->arguments == call.arguments && (earlier->state == CallState::Ok || earlier->state == CallState::Failed);
  return "zo-" + hash_hex({run_.id.text(), "\n", call.name, "\n", call.arguments, "\n", std::to_string(ended)}, 16);
}

Approval RunLoop::new_approval(const ToolCall& call, AskReason reason, std::string destination, std::string bound) {
  Approval approval;
  const TimeMs now = parts_.clock.now();
  approval.id = ApprovalId::make(parts_.dice, now);
  approval.run_id = run_.id;
  approval.tool_call_id = call.id;
  approval.reason = reason;
  approval.hash = approval_hash(call.name, call.arguments, destination);
  approval.destination = std::move(destination);
  approval.bound = std::move(bound);
  approval.created_at = now;
  approval.expires_at = now + limits::kApprovalMs;
  return approval;
}

// What was decided before a crash may not hold any more; but a person's yes does.
Task<Result<>> RunLoop::decide_again(ToolCall& call) {
  ToolCall anew = call;
  decide(anew);
  const auto ask = asks_.extract(call.id);
  if (anew.state == CallState::Asked && call.answer == PersonsAnswer::Yes) co_return Result<>{};
  if (anew.state == CallState::Pending) co_return Result<>{};
  call.state = anew.state;
  if (call.state == CallState::Asked) co_return co_await parts_.journal.ask_call(run_, ask.mapped());
  co_return co_await finish_call(call, std::move(anew.output), 0);
}

event::MessageSaid RunLoop::said(const Message& message, std::int64_t number) const {
  return {event::shared(message), partial_->any() ? partial_->range : event::Range{number, number}};
}

JournalEvent RunLoop::reserve_message(const Message& message) {
  const std::int64_t number = feed_->reserve();
  return {number, said(message, number)};
}

// The output of a call that ends now: head and tail, of `whole` or of the even more that is gone.
CallEnd RunLoop::end_call(ToolCall& call, std::string whole, std::uint64_t total_bytes) {
  call.output_bytes = static_cast<std::int64_t>(std::max<std::uint64_t>(total_bytes, whole.size()));
  call.output = head_and_tail(whole, limits::kOutputShown, static_cast<std::uint64_t>(call.output_bytes));
  if (const auto work = at_work_.extract(call.id)) call.elapsed_ms = parts_.clock.steady_ms() - work.mapped().began;
  return {call, std::move(whole), feed_->reserve()};
}

// Its end is written down, then told.
Task<Result<>> RunLoop::finish_call(ToolCall& call, std::string whole, std::uint64_t total_bytes) {
  CallEnd end = end_call(call, std::move(whole), total_bytes);
  const std::int64_t number = end.number;
  const Result<> kept = co_await parts_.journal.finish_call(run_, std::move(end));
  if (kept) feed_->settle(number, event::ToolFinished{event::shared(call)});
  else feed_->drop(number);
  if (!kept) call.state = CallState::Running;  // as in the store: the end of the run ends it
  co_return kept;
}

std::vector<CallEnd> RunLoop::end_open_calls() {
  std::vector<CallEnd> ended;
  if (messages_.empty()) return ended;
  for (ToolCall& call : messages_.back().tool_calls) {
    if (call.state != CallState::Running && call.state != CallState::Pending && call.state != CallState::Asked) continue;
    call.state = CallState::Cancelled;
    const auto work = at_work_.find(call.id);
    if (work == at_work_.end()) ended.push_back(end_call(call, "", 0));
    else ended.push_back(end_call(call, plain_text(work->second.output.text()), work->second.output.total()));
  }
  return ended;
}

void RunLoop::settle_message(std::int64_t number, const Message& message) {
  feed_->settle(number, said(message, number));
  *partial_ = {};
}

Task<Result<RunLoop::Next>> RunLoop::keep(ModelReply reply) {
  StepCommit step{.run = run_, .message = new_message(Message::Role::Assistant), .usage = reply.usage, .is_paid = !profile_.at_home, .now = parts_.clock.now()};
  Message& message = step.message;
  message.text = std::move(reply.text);
  message.reasoning = std::move(reply.reasoning);
  message.opaque = std::move(reply.opaque);
  message.finish = finish_name(reply.finish);
  message.usage = reply.usage;
  for (const ModelCall& asked : reply.calls) message.tool_calls.push_back(prepare_call(message, asked, static_cast<int>(message.tool_calls.size())));
  for (auto& [id, approval] : std::exchange(asks_, {})) step.asked.push_back(std::move(approval));
  // Those that begin at once are written down as running with the message; the others wait for a place.
  std::size_t places = limits::kCallsAtOnce;
  for (ToolCall& call : message.tool_calls) {
    if (call.state != CallState::Pending || places == 0) continue;
    call.state = CallState::Running;
    call.started_at = step.now;
    --places;
  }

  const bool last = message.tool_calls.empty();
  empty_ = cut_ = 0;
  step.said = reserve_message(message);
  if (last) step.ended = JournalEvent{feed_->reserve(), event::RunFinished{}};
  const Result<StepOutcome> kept = co_await parts_.journal.commit_step(step);
  if (!kept) {
    feed_->drop(step.said.number);
    if (last) feed_->drop(step.ended->number);
    co_return std::unexpected(kept.error());
  }
  message.position = kept->position;
  parts_.budget.learn(run_.person_id, kept->spent);
  run_.step += 1;
  run_.input_tokens += reply.usage.input_tokens;
  run_.output_tokens += reply.usage.output_tokens;
  settle_message(step.said.number, message);
  if (kept->finished) {
    run_.state = RunState::Done;
    run_.finished_at = step.now;
    run_.last_event = step.ended->number;
    feed_->settle(run_.last_event, event::RunFinished{event::shared(run_)});
    co_return Next::Ended;
  }
  if (last) {
    feed_->drop(step.ended->number);
    queued_ = true;
  }
  messages_.push_back(std::move(message));
  co_return co_await work_off_calls();
}

Task<Result<RunLoop::Next>> RunLoop::work_off_calls() {
  for (;;) {
    ZO_CO_OK(co_await run_calls(messages_.back()));
    if (std::ranges::none_of(messages_.back().tool_calls, [](const ToolCall& call) { return call.state == CallState::Asked; })) {
      ZO_CO_OK(note_repeats(messages_.back()));
      co_return Next::Ask;
    }
    ZO_CO_TRY(const bool waits, co_await wait());
    if (waits) co_return Next::Waits;
    ZO_CO_OK(co_await read_answers());
  }
}

// False when the person has answered meanwhile.
Task<Result<bool>> RunLoop::wait() {
  Run waiting = run_;
  waiting.state = RunState::Waiting;
  waiting.last_event = feed_->reserve();
  const Result<bool> waits = co_await parts_.journal.wait(run_, {waiting.last_event, event::RunWaiting{}});
  if (waits && *waits) {
    run_ = std::move(waiting);
    feed_->settle(run_.last_event, event::RunWaiting{event::shared(run_)});
  } else {
    feed_->drop(waiting.last_event);
  }
  co_return waits;
}

Task<Result<>> RunLoop::read_answers() {
  std::vector<ToolCallId> asked;
  for (const ToolCall& call : messages_.back().tool_calls)
    if (call.state == CallState::Asked) asked.push_back(call.id);
  ZO_CO_OK(co_await load());
  for (ToolCall& call : messages_.back().tool_calls) {
    if (call.state != CallState::Refused || std::ranges::find(asked, call.id) == asked.end()) continue;
    const auto refused = event::shared(call);
    call.state = CallState::Asked;  // until it is told: if that fails, the end tells it
    ZO_CO_OK(co_await tell(event::ToolFinished{refused}));
    call.state = CallState::Refused;
  }
  co_return Result<>{};
}

Task<Result<std::vector<Approval>>> RunLoop::allowed(const ToolCall& call) {
  ZO_CO_TRY(std::vector<Approval> allowed, co_await parts_.journal.allowed(run_.person_id, call.id));
  const auto fits = [&call](const Approval& one) { return one.hash == approval_hash(call.name, call.arguments, one.destination); };
  if (!allowed.empty() && std::ranges::all_of(allowed, fits)) co_return allowed;
  co_return fail(Code::Denied, "what a person allowed is not what this call would do now. It was not run.");
}

Task<Result<bool>> RunLoop::ask_for_network(ToolCall& call, const ToolOutcome& outcome, std::size_t asked_before) {
  if (outcome.wants.empty() || run_.options.refuses_asks || asked_before >= limits::kAsksOfACall) co_return false;
  const std::string hosts = join(outcome.wants, " ");
  const std::string output = parts_.tools.redactor()->redact(outcome.output);
  call.state = CallState::Asked;
  call.output_bytes = static_cast<std::int64_t>(std::max<std::uint64_t>(outcome.output_bytes, output.size()));
  call.output = head_and_tail(output, limits::kOutputShown, static_cast<std::uint64_t>(call.output_bytes));
  if (const auto work = at_work_.extract(call.id)) call.elapsed_ms = parts_.clock.steady_ms() - work.mapped().began;
  const std::int64_t number = feed_->reserve();
  const Result<> kept = co_await parts_.journal.ask_again(run_, call, new_approval(call, AskReason::Network, hosts, hosts), number);
  if (kept) feed_->settle(number, event::ToolAsked{event::shared(call)});
  else feed_->drop(number);
  if (!kept) co_return std::unexpected(kept.error());
  co_return true;
}

struct RunLoop::CallWorker {
  RunLoop& loop;
  Task<Result<>> operator()(ToolCall* call) { return loop.run_call(*call); }
};

Task<Result<>> RunLoop::run_calls(Message& message) {
  std::vector<ToolCall*> open;
  for (ToolCall& call : message.tool_calls)
    if (call.state == CallState::Running || call.state == CallState::Pending) open.push_back(&call);
  const std::vector<Result<>> outcomes = co_await gather(std::move(open), limits::kCallsAtOnce, CallWorker{*this});
  for (const Result<>& outcome : outcomes) ZO_CO_OK(outcome);
  co_return Result<>{};
}

Task<Result<>> RunLoop::run_call(ToolCall& call) {
  std::vector<Approval> yes;
  if (call.answer == PersonsAnswer::Yes) {
    Result<std::vector<Approval>> found = co_await allowed(call);
    if (!found) {
      fail_call(call, found.error().message);
      co_return co_await finish_call(call, std::string(call.output), 0);
    }
    yes = std::move(*found);
  }
  if (call.state == CallState::Pending) {
    const TimeMs now = parts_.clock.now();
    ZO_CO_OK(co_await parts_.journal.start_call(run_.person_id, run_.id, run_.attempt, call.id, now));
    call.state = CallState::Running;
    call.started_at = now;
  }
  AtWork& work = at_work_.try_emplace(call.id, AtWork{.began = parts_.clock.steady_ms()}).first->second;
  feed_->publish(event::ToolStarted{call.id, {}});
  auto on_progress = [this, &call, &work](std::string_view bytes) {
    work.output.add(bytes);
    feed_->publish(event::ToolProgress{call.id, work.plain.feed(bytes)});
  };
  auto on_children = [this, &call](const std::vector<std::string>& children) { feed_->publish(event::ToolStarted{call.id, children}); };
  const std::shared_ptr<const Redactor> redactor = parts_.tools.redactor();
  ToolContext context{run_.person_id, run_.id, call.id, run_.depth, run_.taint, redactor, std::move(on_progress), std::move(on_children)};
  context.network = parts_.tools.network_of(run_.person_id, run_.token_id, run_.options.egress);
  context.may_tell = [this, &call](std::string_view destination) { return parts_.tools.may_tell(run_.person_id, run_.token_id, call.name, destination); };
  for (const Approval& one : yes)
    if (one.reason == AskReason::Network) context.network.allow(one.destination);
  if (context.network.words != "off") context.idempotency_key = idempotency_key(call);
  Result<ToolOutcome> outcome = fail(Code::NotFound, "the tool '" + call.name + "' is gone");
  const auto arguments = checked_.extract(call.id);
  if (Tool* tool = parts_.tools.find(call.name); tool != nullptr && !arguments.empty())
    outcome = co_await tool->run(context, *arguments.mapped());
  // What has happened is written down, whoever cancels now.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (outcome) {
    call.state = outcome->ok ? CallState::Ok : CallState::Failed;
    call.exit_code = outcome->exit_code;
    if (!outcome->diff.empty()) call.diff = redactor->redact(outcome->diff);
    call.children = std::move(outcome->children);
    call.left = std::move(outcome->left);
    call.origin = outcome->origin;
    run_.taint |= outcome->seen;
    ZO_CO_TRY(const bool asks, co_await ask_for_network(call, *outcome, yes.size()));
    if (asks) co_return Result<>{};
  } else {
    call.state = CallState::Failed;
    const Error& error = outcome.error();
    outcome = ToolOutcome{.output = error.message + (error.advice.empty() ? "" : "\ntry: " + error.advice)};
  }
  const Result<> kept = co_await finish_call(call, redactor->redact(outcome->output), outcome->output_bytes);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return kept;
}

// --- the end that is no answer ---------------------------------------------------------------------------------------------------

Task<Result<>> RunLoop::end(Ending ending) {
  // Of a run that was not worked on here: its open calls are told one by one, if they can be read.
  if (messages_.empty() && !co_await load()) messages_.clear();
  run_.state = ending.state;
  run_.error = std::move(ending.error);
  run_.finished_at = parts_.clock.now();
  end_ = RunEnd{run_, partial_message(run_.state == RunState::Cancelled ? "cancelled" : "cut"), {}, {}};
  if (end_->partial) end_->events.push_back(reserve_message(*end_->partial));
  end_->calls = end_open_calls();
  run_.last_event = feed_->reserve();
  end_->run.last_event = run_.last_event;
  end_->events.push_back({run_.last_event, event::RunFinished{}});
  const Result<Journal::Finished> kept = co_await write_end(kEndRetriesMs);
  if (kept) unanswered_ = kept->placed;
  if (end_->partial) {
    if (kept) end_->partial->position = kept->position;
    settle_message(end_->events.front().number, *end_->partial);
  }
  for (const CallEnd& call : end_->calls) feed_->settle(call.number, event::ToolFinished{event::shared(call.call)});
  feed_->settle(run_.last_event, event::RunFinished{event::shared(run_)});
  if (!kept) co_return std::unexpected(kept.error());
  co_return Result<>{};
}

Task<void> RunLoop::store_end() {
  for (;;) {
    const Result<Journal::Finished> late = co_await write_end(std::span(&kEndRetryMs, 1));
    if (late || late.error().code == Code::Conflict || parts_.stopping) co_return;
  }
}

// At once, and again after each of the delays. An error of another kind than Conflict may pass.
Task<Result<Journal::Finished>> RunLoop::write_end(std::span<const std::int64_t> delays_ms) {
  Result<Journal::Finished> kept = co_await parts_.journal.finish_run(*end_);
  for (const std::int64_t delay_ms : delays_ms) {
    if (kept || kept.error().code == Code::Conflict || parts_.stopping) break;
    co_await parts_.clock.sleep_for(delay_ms);
    kept = co_await parts_.journal.finish_run(*end_);
  }
  co_return kept;
}

}  // namespace zo
