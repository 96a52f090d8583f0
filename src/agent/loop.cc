#include "agent/loop.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/json.hpp>

#include "agent/prompt.h"
#include "async/gather.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kAnswerTokens = 4'096;    // of the window, kept free for the answer; at most a quarter of it
constexpr std::int64_t kSilenceToldMs = 60'000;  // of a model, then the readers are told

std::int64_t context_budget(const ModelProfile& profile) {
  return profile.context_tokens - std::min(kAnswerTokens, profile.context_tokens / 4);
}

// As events hold what is large.
template <class Record>
std::shared_ptr<const Record> shared(const Record& record) {
  return std::make_shared<const Record>(record);
}

std::int64_t spec_tokens(const std::vector<ToolSpec>& tools) {
  std::int64_t tokens = 0;
  for (const ToolSpec& tool : tools) tokens += estimate_tokens(tool.description) + estimate_tokens(tool.parameters);
  return tokens;
}

}  // namespace

std::string RunOptions::text() const {
  JsonObject out;
  if (!response_schema.empty()) out["response_schema"] = response_schema;
  if (!instructions.empty()) out["instructions"] = instructions;
  return to_text(out);
}

RunOptions RunOptions::from_text(std::string_view text) {
  RunOptions options;
  if (const Result<Json> value = parse_json(text, "options")) {
    options.response_schema = std::string(string_at(*value, "response_schema").value_or(""));
    options.instructions = std::string(string_at(*value, "instructions").value_or(""));
  }
  return options;
}

RunLoop::RunLoop(LoopParts parts, Run run, std::shared_ptr<RunFeed> feed)
    : parts_(std::move(parts)),
      run_(std::move(run)),
      options_(RunOptions::from_text(run_.options)),
      allowance_(Allowance::from_text(run_.tools)),
      feed_(std::move(feed)) {}

Task<Result<>> RunLoop::work(Known known) {
  ZO_CO_TRY(profile_, co_await parts_.models.resolve(run_.person_id, run_.model));
  if (known.messages) messages_ = std::move(*known.messages);
  else ZO_CO_OK(co_await load());
  co_return co_await take_steps();
}

Task<Result<>> RunLoop::load() {
  ZO_CO_TRY(LoadedMessages loaded,
            co_await load_messages(parts_.store, run_.person_id, run_.conversation_id, context_budget(profile_)));
  messages_ = std::move(loaded.messages);
  older_ = loaded.older;
  co_return Result<>{};
}

Task<Result<>> RunLoop::take_steps() {
  for (;;) {
    if (queued_) ZO_CO_OK(co_await place_queued());
    ZO_CO_TRY(const Next next, co_await take_step());
    if (next == Next::Ended) co_return Result<>{};
  }
}

// Readers are told to drop the partial text and which calls have an unknown outcome, and the calls that had not begun are run.
Task<Result<>> RunLoop::resume() {
  ZO_CO_TRY(profile_, co_await parts_.models.resolve(run_.person_id, run_.model));
  ZO_CO_OK(co_await load());
  ZO_CO_OK(co_await tell(event::StepRestarted{run_.step + 1, run_.attempt}));
  queued_ = true;
  if (!messages_.empty() && messages_.back().role == Message::Role::Assistant) {
    for (const ToolCall& call : messages_.back().tool_calls)
      if (call.state == CallState::Unknown) ZO_CO_OK(co_await tell(event::ToolFinished{shared(call)}));
    ZO_CO_OK(co_await run_calls(messages_.back()));
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
    if (placed && i < placed->size()) feed_->settle(numbers[i], event::MessagePlaced{shared((*placed)[i])});
    else feed_->drop(numbers[i]);
  }
  if (!placed) co_return std::unexpected(placed.error());
  for (Message& message : *placed) messages_.push_back(std::move(message));
  co_return Result<>{};
}

Task<Result<RunLoop::Next>> RunLoop::take_step() {
  if (run_.step >= run_.steps_max)
    co_return fail(Code::Exhausted, fmt::format("the run reached its limit of {} steps", run_.steps_max), "send another message to go on");
  ZO_CO_OK(co_await parts_.budget.check(run_.person_id));
  feed_->publish(event::StepStarted{run_.step + 1});
  ZO_CO_TRY(ModelReply reply, co_await ask());
  if (const Result<> fits = check_schema(reply); !fits) {
    ZO_CO_TRY(const Spent spent, co_await parts_.journal.charge(run_, reply.usage, parts_.clock.now()));
    parts_.budget.learn(run_.person_id, spent);
    run_.input_tokens += reply.usage.input_tokens;
    run_.output_tokens += reply.usage.output_tokens;
    if (mended_) co_return std::unexpected(fits.error());
    mended_ = true;
    mending_ = {{.role = ModelMessage::Role::Assistant, .text = reply.text},
                {.text = "That does not fit the schema that was asked for: " + fits.error().message +
                         ". Answer again with the JSON object alone."}};
    *partial_ = {};
    co_return Next::Ask;
  }
  mending_.clear();
  co_return co_await keep(std::move(reply));
}

Task<Result<ModelReply>> RunLoop::ask() {
  ModelRequest request;
  request.tools = parts_.tools.specs(allowance_);
  request.system = system_text(!request.tools.empty());
  request.own_system_bytes = request.system.size();
  if (!options_.instructions.empty()) request.system += "\n\n" + options_.instructions;
  request.response_schema = options_.response_schema;
  const std::int64_t fixed = estimate_tokens(request.system) + spec_tokens(request.tools);
  ZO_CO_TRY(ContextMessages context, fit_context(messages_, profile_, context_budget(profile_) - fixed, older_));
  ZO_CO_OK(co_await tell_trimmed(context.left_out));
  request.messages = std::move(context.messages);
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
  if (options_.response_schema.empty() || !reply.calls.empty()) return {};
  ZO_TRY(const Json schema, parse_json(options_.response_schema, "output_format"));
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

// A call is checked before it is written down: one that cannot run is a failed call with the reason as its result.
ToolCall RunLoop::prepare_call(const Message& message, const ModelCall& asked, int place) const {
  const TimeMs now = parts_.clock.now();
  ToolCall call;
  call.id = ToolCallId::make(parts_.dice, now);
  call.run_id = run_.id;
  call.message_id = message.id;
  call.step = *message.step;
  call.place = place;
  call.call_id = asked.id;
  call.name = asked.name;
  call.arguments = asked.arguments;
  const Tool* tool = parts_.tools.find(asked.name);
  Result<Json> arguments = fail(Code::NotFound, fmt::format("there is no tool '{}'; the tools are: {}", asked.name, join(parts_.tools.names(), ", ")));
  if (place >= static_cast<int>(limits::kCallsInAStep))
    arguments = fail(Code::Exhausted, fmt::format("at most {} calls in one step; this one was not run", limits::kCallsInAStep));
  else if (tool != nullptr && !allowance_.allows(asked.name))
    arguments = fail(Code::Denied, fmt::format("this token may not use '{}'", asked.name));
  else if (tool != nullptr)
    arguments = parts_.tools.check_arguments(*tool, asked.arguments);
  if (!arguments) {
    call.state = CallState::Failed;
    call.output = arguments.error().message;
    call.output_bytes = static_cast<std::int64_t>(call.output.size());
    call.summary = one_line(asked.arguments, 80);
    return call;
  }
  call.summary = tool->summary(*arguments);
  call.state = place < static_cast<int>(limits::kCallsAtOnce) ? CallState::Running : CallState::Pending;
  if (call.state == CallState::Running) call.started_at = now;
  return call;
}

event::MessageSaid RunLoop::said(const Message& message, std::int64_t number) const {
  return {shared(message), partial_->any() ? partial_->range : event::Range{number, number}};
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

std::vector<CallEnd> RunLoop::end_open_calls() {
  std::vector<CallEnd> ended;
  if (messages_.empty()) return ended;
  for (ToolCall& call : messages_.back().tool_calls) {
    if (call.state != CallState::Running && call.state != CallState::Pending) continue;
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
  Message message = new_message(Message::Role::Assistant);
  message.text = std::move(reply.text);
  message.reasoning = std::move(reply.reasoning);
  message.opaque = std::move(reply.opaque);
  message.finish = finish_name(reply.finish);
  for (const ModelCall& asked : reply.calls) message.tool_calls.push_back(prepare_call(message, asked, static_cast<int>(message.tool_calls.size())));

  const bool last = message.tool_calls.empty();
  std::vector<JournalEvent> events{reserve_message(message)};
  if (last) events.push_back({feed_->reserve(), event::RunFinished{}});
  const TimeMs now = parts_.clock.now();
  const Result<StepOutcome> kept = co_await parts_.journal.commit_step(run_, message, reply.usage, lease(), last, now, events);
  if (!kept) {
    for (const JournalEvent& event : events) feed_->drop(event.number);
    co_return std::unexpected(kept.error());
  }
  message.position = kept->position;
  parts_.budget.learn(run_.person_id, kept->spent);
  run_.step += 1;
  run_.input_tokens += reply.usage.input_tokens;
  run_.output_tokens += reply.usage.output_tokens;
  settle_message(events[0].number, message);
  if (kept->finished) {
    run_.state = RunState::Done;
    run_.finished_at = now;
    run_.last_event = events[1].number;
    feed_->settle(events[1].number, event::RunFinished{shared(run_)});
    co_return Next::Ended;
  }
  if (last) {
    feed_->drop(events[1].number);
    queued_ = true;
  }
  messages_.push_back(std::move(message));
  ZO_CO_OK(co_await run_calls(messages_.back()));
  co_return Next::Ask;
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
  if (call.state == CallState::Pending) {
    const TimeMs now = parts_.clock.now();
    ZO_CO_OK(co_await parts_.journal.start_call(run_.person_id, run_.id, run_.attempt, call.id, now));
    call.state = CallState::Running;
    call.started_at = now;
  }
  AtWork& work = at_work_.try_emplace(call.id, AtWork{.began = parts_.clock.steady_ms()}).first->second;
  feed_->publish(event::ToolStarted{call.id, {}});
  Tool* tool = parts_.tools.find(call.name);
  Result<ToolOutcome> outcome = fail(Code::NotFound, "the tool '" + call.name + "' is gone");
  if (tool != nullptr) {
    auto on_progress = [this, &call, &work](std::string_view bytes) {
      work.output.add(bytes);
      feed_->publish(event::ToolProgress{call.id, work.plain.feed(bytes)});
    };
    Result<Json> arguments = parts_.tools.check_arguments(*tool, call.arguments);
    auto on_children = [this, &call](const std::vector<std::string>& children) {
      feed_->publish(event::ToolStarted{call.id, children});
    };
    const ToolContext context{run_.person_id, run_.id, call.id, run_.depth, std::move(on_progress), std::move(on_children)};
    if (arguments) outcome = co_await tool->run(context, std::move(*arguments));
  }
  // What has happened is written down, whoever cancels now.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (outcome) {
    call.state = outcome->ok ? CallState::Ok : CallState::Failed;
    call.exit_code = outcome->exit_code;
    if (!outcome->diff.empty()) call.diff = std::move(outcome->diff);
    call.children = std::move(outcome->children);
    call.left = std::move(outcome->left);
    call.origin = outcome->origin;
  } else {
    call.state = CallState::Failed;
    const Error& error = outcome.error();
    outcome = ToolOutcome{.output = error.message + (error.advice.empty() ? "" : "\ntry: " + error.advice)};
  }
  CallEnd end = end_call(call, std::move(outcome->output), outcome->output_bytes);
  const std::int64_t number = end.number;
  const Result<> kept = co_await parts_.journal.finish_call(run_, std::move(end));
  if (kept) feed_->settle(number, event::ToolFinished{shared(call)});
  else feed_->drop(number);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return kept;
}

}  // namespace zo
