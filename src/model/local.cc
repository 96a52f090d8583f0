#include "model/local.h"

#include <fmt/core.h>

#include <cmath>

#include "async/condition.h"
#include "async/offload.h"
#include "base/log.h"
#include "base/text.h"
#include "model/block_turn.h"
#include "model/chat.h"
#include "model/local_answer.h"
#include "model/local_install.h"
#include "model/local_prefix.h"

namespace zo {
namespace {

constexpr std::size_t kWaitingMost = 16;
constexpr std::size_t kToolOutputBytes = 3'000;    // 1,000 tokens of words, twice as many of digits
constexpr std::int64_t kMemoryBeside = 300'000'000;  // of the process, beside its weights
constexpr double kSpeedChange = 0.1;               // smaller ones are not written down
constexpr char kInstall[] = "zo model install";
constexpr char kLoading[] = "loading the model";

const Quirks kServer{.host = "local"};

StartService start_in(Sandbox& sandbox) {
  return [&sandbox](SandboxService service) { return sandbox.start_service(std::move(service)); };
}

// What is needed to start a model.
struct Installed {
  std::optional<LocalWeights> weights;
  std::optional<LocalProgram> program;
};

std::string memory_words(const LocalWeights& weights) {
  std::string words = "needs " + human_size(static_cast<std::uint64_t>(weights.size_bytes + kMemoryBeside)) + " of memory";
  if (weights.tokens_per_second > 0) words += fmt::format(", writes {:.0f} tokens/s here", weights.tokens_per_second);
  return words;
}

// What a prefix was read by.
std::string key_of(const LocalWeights& weights, const LocalProgram& program) { return fmt::format("{}\n{}\n{}", weights.path, weights.size_bytes, program.path); }

}  // namespace

struct LocalModel::State {
  State(Executor executor, Clock& c, Threads& p, HttpClient& h, Notices& notices, StartService start, std::string cache, std::string run_folder)
      : clock(c), threads(p), http(h), catalog(std::move(cache)),
        runtime(executor, clock, http, std::move(start), run_folder + "/model", [&notices] { notices.tell_all({Notice::What::Models, ""}); }),
        prefix(http, threads, runtime, run_folder + "/model"),
        seat_free(executor) {}

  Clock& clock;
  Threads& threads;
  HttpClient& http;
  LocalCatalog catalog;
  LocalRuntime runtime;
  LocalPrefix prefix;  // of the model that is warmed
  bool seat_taken = false;
  std::size_t waiting = 0;
  Condition seat_free;

  // The one place before the model; left when dropped.
  struct Seat {
    State& state;
    explicit Seat(State& s) : state(s) { state.seat_taken = true; }
    ~Seat() {
      state.seat_taken = false;
      state.runtime.rest();
      state.seat_free.notify_all();
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
  };

  Task<Result<std::unique_ptr<Seat>>> take_seat(OnDelta on_delta);
  Task<Installed> installed(std::string name);
  Task<Result<>> make_ready(std::string name, OnDelta on_delta);
  Task<Result<ModelReply>> answer(std::string model, std::string body, OnDelta on_delta);
  Task<void> note_speed(std::string name, double speed);
  ModelInfo info(const LocalWeights& weights, bool has_program) const;
};

LocalModel::LocalModel(Executor executor, Clock& clock, Threads& threads, HttpClient& http, Notices& notices, StartService start_service,
                       std::string cache, std::string run_folder)
    : state_(std::make_unique<State>(std::move(executor), clock, threads, http, notices, std::move(start_service), std::move(cache), std::move(run_folder))) {}
LocalModel::LocalModel(Executor executor, Clock& clock, Threads& threads, HttpClient& http, Notices& notices, Sandbox& sandbox, std::string cache,
                       std::string run_folder)
    : LocalModel(std::move(executor), clock, threads, http, notices, start_in(sandbox), std::move(cache), std::move(run_folder)) {}
LocalModel::~LocalModel() = default;

ModelInfo LocalModel::State::info(const LocalWeights& weights, bool has_program) const {
  ModelInfo info{.name = "local/" + weights.name, .label = weights.label + ", on this machine", .provider = "local", .source = ModelSource::Embedded,
                 .state = ModelState::Stopped, .detail = memory_words(weights), .context_tokens = kLocalContextTokens, .size_bytes = weights.size_bytes};
  if (!has_program) {
    info.state = ModelState::NotInstalled;
    info.detail = "its weights are here, the program that runs them is not; zo model install fetches it (" + human_size(runtime_bytes()) + ")";
  } else if (runtime.model() == weights.name && runtime.state() != Supervised::State::Stopped) {
    info.state = runtime.state() == Supervised::State::Ready ? ModelState::Ready : ModelState::Loading;
  } else if (runtime.model() == weights.name && !runtime.failure().empty()) {
    info.state = ModelState::Failed;
    info.detail = runtime.failure();
  }
  return info;
}

Task<std::vector<ModelInfo>> LocalModel::models(PersonId) {
  State& state = *state_;
  auto look = [&catalog = state.catalog] { return std::pair(catalog.weights(), catalog.program().has_value()); };
  const auto [found, has_program] = co_await offload(state.threads, std::move(look));
  std::vector<ModelInfo> all;
  for (const LocalWeights& weights : found) all.push_back(state.info(weights, has_program));
  if (found.empty())
    all.push_back({.name = std::string("local/") + kUsualModel, .label = local_label(kUsualModel) + ", on this machine", .provider = "local",
                   .source = ModelSource::Embedded, .state = ModelState::NotInstalled, .detail = "zo model install fetches it (" + human_size(pinned_models().front().bytes) + ")", .context_tokens = kLocalContextTokens});
  co_return all;
}

Task<Installed> LocalModel::State::installed(std::string name) {
  auto look = [this, name = std::move(name)] { return Installed{catalog.weights(name), catalog.program()}; };
  co_return co_await offload(threads, std::move(look));
}

Task<Result<ModelProfile>> LocalModel::profile(PersonId person, std::string model) {
  State& state = *state_;
  auto usual = [&catalog = state.catalog] { return catalog.default_model(); };
  const std::string default_name = co_await offload(state.threads, std::move(usual));
  if (model.empty()) model = default_name;
  const Installed here = co_await state.installed(model);
  if (!here.weights && model != default_name) {
    std::string names;
    for (const ModelInfo& info : co_await models(person)) names += (names.empty() ? "" : ", ") + info.name;
    co_return fail(Code::Invalid, fmt::format("no model 'local/{}' on this machine; here: {}", one_line(to_valid_utf8(model), 80), names),
                   "zo model list; zo model install FILE|URL");
  }
  co_return ModelProfile{.name = "local/" + model, .tool_calls = ToolCalls::Blocks, .context_tokens = kLocalContextTokens,
                         .tool_output_bytes = kToolOutputBytes, .at_home = true};
}

Task<Result<std::unique_ptr<LocalModel::State::Seat>>> LocalModel::State::take_seat(OnDelta on_delta) {
  if (seat_taken && waiting >= kWaitingMost)
    co_return fail(Code::Exhausted, fmt::format("the model on this machine is busy, and {} requests wait already, limit {}", waiting, kWaitingMost),
                   "ask again later, or choose another model: zo model use NAME");
  if (seat_taken)
    on_delta(delta::State{runtime.state() == Supervised::State::Ready ? "the model is busy with another request" : kLoading});
  struct Waiting {
    std::size_t& count;
    explicit Waiting(std::size_t& c) : count(c) { ++count; }
    ~Waiting() { --count; }
  } counted(waiting);
  while (seat_taken) co_await seat_free.wait();
  co_return std::make_unique<Seat>(*this);
}

Task<Result<>> LocalModel::State::make_ready(std::string name, OnDelta on_delta) {
  Installed here = co_await installed(std::move(name));
  if (!here.weights) co_return fail(Code::Unavailable, "no model is installed on this machine", kInstall);
  if (!here.program) co_return fail(Code::Unavailable, "the program that runs the model on this machine is not installed", kInstall);
  auto on_loading = [on_delta = std::move(on_delta)] { on_delta(delta::State{kLoading}); };
  const bool starts = runtime.model() != here.weights->name || runtime.state() != Supervised::State::Ready;
  std::string key = key_of(*here.weights, *here.program);
  Task<Result<>> starting = runtime.ready(std::move(*here.weights), std::move(*here.program), std::move(on_loading));
  ZO_CO_OK(co_await std::move(starting));
  if (starts) co_await prefix.restore(std::move(key));
  co_return Result<>{};
}

// A process that dies is started again and asked again, once, unless the reader has seen a part of the answer.
Task<Result<ModelReply>> LocalModel::State::answer(std::string model, std::string body, OnDelta on_delta) {
  for (bool again = false;; again = true) {
    ZO_CO_OK(co_await make_ready(model, on_delta));
    LocalAnswer answer(clock, http, runtime, model, on_delta);
    Task<Result<ModelReply>> asking = answer.ask(body);
    Result<ModelReply> reply = co_await std::move(asking);
    if (reply) {
      runtime.process().served();
      co_await note_speed(model, answer.speed());
      co_return reply;
    }
    if (!answer.transport_failed()) co_return reply;
    Error error = co_await runtime.process().broken(std::move(reply.error()));
    if (again || answer.shown()) co_return std::unexpected(std::move(error));
    on_delta(delta::State{"the model ended, and is started again"});
  }
}

Task<void> LocalModel::State::note_speed(std::string name, double speed) {
  if (speed <= 0) co_return;
  auto note = [this, name = std::move(name), speed] {
    const auto known = catalog.weights(name);
    if (known && std::abs(known->tokens_per_second - speed) > kSpeedChange * speed) catalog.remember_speed(name, speed);
  };
  co_await offload(threads, std::move(note));
}

Task<Result<ModelReply>> LocalModel::stream(ModelRequest request, OnDelta on_delta) {
  ZO_CO_TRY(const std::unique_ptr<State::Seat> seat, co_await state_->take_seat(on_delta));
  std::string body = chat_request_body(request, kServer);
  Task<Result<ModelReply>> answering = state_->answer(std::move(request.model), std::move(body), std::move(on_delta));
  co_return co_await std::move(answering);
}

Task<void> LocalModel::warm(std::string model, std::vector<OfferedTool> tools) {
  State& state = *state_;
  const Installed here = co_await state.installed(std::move(model));
  if (!here.weights || !here.program) co_return;
  const Result<std::unique_ptr<State::Seat>> seat = co_await state.take_seat([](Delta) {});
  if (!seat) co_return;
  state.prefix.expect(chat_request_body(warm_request(tools), kServer), key_of(*here.weights, *here.program));
  Result<> ready = co_await state.make_ready(here.weights->name, [](Delta) {});
  if (!ready || state.prefix.is_read()) co_return;  // an error is logged already; whoever asks will be told
  if (const Result<> read = co_await state.prefix.read(); !read) log_warn("model", "could not read the prompt ahead: " + read.error().message);
}

Task<void> LocalModel::stop() { co_await state_->runtime.stop(); }

}  // namespace zo
