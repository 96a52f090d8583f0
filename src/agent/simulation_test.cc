// The fourth kind of test: one process, virtual time, seeded dice, a scripted model, and a store that is busy, full, out of reach, or
// gone with its process between any two commits; two processes, each with its home, over one store. Whatever happens: nothing that was acknowledged
// is lost, no effect happens twice, every run ends, and feeds have no holes.
//
//   ZO_SEED=7 build/release/agent_test --gtest_filter='SimulationTest.*'    the same once more, told step by step
//   ZO_SEEDS=100000 …                                                   more of them
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include <boost/json/value.hpp>

#include "agent/agents.h"
#include "agent/conversations.h"
#include "base/hash.h"
#include "rig/failing_engine.h"
#include "testing/dial_policies.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr int kActions = 30;
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kSeeds = 60;  // there everything takes ten times as long
#else
constexpr std::uint64_t kSeeds = 1'000;
#endif
constexpr int kQuietTurns = 3'000;  // of virtual time, until all is over
constexpr TimeMs kWorldMs = 30LL * 24 * 60 * 60 * 1'000;  // longer than any world lasts
const PersonId kPerson = PersonId::stored("01J00000000000000000000000");

// What happens, line by line: the same for the same seed. Ids are told by the order in which they came.
class Trace {
 public:
  explicit Trace(bool aloud) : aloud_(aloud) {}
  void tell(const std::string& line) {
    all_ += line + "\n";
    if (aloud_) fprintf(stderr, "%s\n", line.c_str());
  }
  std::string hash() const { return hash_hex(all_); }
  std::size_t name(std::string_view id) { return names_.try_emplace(std::string(id), names_.size()).first->second; }

 private:
  bool aloud_;
  std::string all_;
  std::map<std::string, std::size_t> names_;
};

// What outlives every process.
struct World {
  asio::io_context& io;
  FakeClock clock;
  SeededDice dice;
  Trace trace;
  std::string database;
  std::map<ToolCallId, int> effects;
  std::set<RunId> runs;
  bool calm = false;  // no more faults

  World(asio::io_context& context, std::uint64_t seed, bool aloud)
      : io(context), clock(context.get_executor(), next_epoch()), dice(seed), trace(aloud) {}
  // Ids rise within this program, so each world begins after the end of the one before: then all of its ids are made of its own time and
  // dice.
  static TimeMs next_epoch() {
    static TimeMs epoch = 1'795'000'000'000;
    return epoch += kWorldMs;
  }
  bool chance(std::uint64_t of_a_hundred) { return dice.below(100) < of_a_hundred; }
  std::int64_t pause(std::uint64_t most_ms) { return static_cast<std::int64_t>(dice.below(most_ms)); }
  // Some work outlasts a lease.
  std::int64_t work() { return chance(8) ? pause(3 * static_cast<std::uint64_t>(limits::kJobLeaseMs)) : pause(400); }
  // All that can happen now, happens.
  void settle() {
    io.restart();
    while (io.poll() > 0) {
    }
  }
};

// A tool with an effect, somewhere in the middle of its work.
class ActTool final : public Tool {
 public:
  explicit ActTool(World& world) : world_(world) {}
  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json& arguments) const override { return text_at(arguments, "word"); }
  Effects effects(const Json& arguments) const override { return {.writes = true, .sends = text_at(arguments, "word") == "ask"}; }
  Task<Result<ToolOutcome>> run(ToolContext context, Json) override {
    co_await world_.clock.sleep_for(world_.work());
    ++world_.effects[context.call];
    world_.trace.tell(fmt::format("effect of call {}", world_.trace.name(context.call.text())));
    co_await world_.clock.sleep_for(world_.pause(400));
    if (world_.chance(10)) co_return fail(Code::Unavailable, "the tool is tired");
    ToolOutcome outcome{.output = "done"};
    outcome.output_bytes = outcome.output.size();
    co_return outcome;
  }

 private:
  World& world_;
  ToolSpec spec_{.name = "act", .summary = "Act.", .arguments = {{"word", text_value(), false}}, .small = {}};
};

// Answers, calls, fails or is silent, as the dice say.
class DicedModel final : public Provider {
 public:
  explicit DicedModel(World& world) : world_(world) {}
  std::string_view name() const override { return "local"; }
  Task<std::vector<ModelInfo>> models(PersonId) override { co_return std::vector<ModelInfo>{}; }
  Task<Result<ModelProfile>> profile(PersonId, std::string) override { co_return ModelProfile{.name = "local/diced"}; }
  Task<Result<ModelReply>> stream(ModelRequest, OnDelta on_delta) override {
    co_await world_.clock.sleep_for(world_.work());
    if (world_.chance(2)) co_await world_.clock.sleep_for(2 * limits::kRunMs);
    ModelReply reply;
    for (std::uint64_t pieces = world_.dice.below(5); pieces > 0; --pieces) {
      reply.text += "word ";
      on_delta(delta::Text{"word "});
      co_await world_.clock.sleep_for(world_.pause(100));
    }
    if (world_.chance(5)) co_return fail(Code::Unavailable, "the model is tired");
    reply.usage = {10, 5, 0};
    if (!world_.chance(60)) co_return reply;
    reply.finish = Finish::ToolCalls;
    for (std::uint64_t calls = 1 + world_.dice.below(6); calls > 0; --calls)
      reply.calls.push_back({fmt::format("call_{}", calls), "act", world_.chance(15) ? R"({"word":"ask"})" : R"({"word":"go"})"});
    co_return reply;
  }

 private:
  World& world_;
};

// One server process, until it crashes.
struct Process {
  World& world;
  StoreFaults faults{world.dice};
  std::unique_ptr<Store> store;
  Feeds feeds{world.io.get_executor()};
  Notices notices{feeds, world.clock};
  NobodyDials policy;
  HttpClient http{world.io.get_executor(), &policy};
  DicedModel model{world};
  std::optional<Policies> no_rules;
  Tools tools;
  Threads threads{"simulated", 1};
  Workspaces workspaces{threads};
  KeySource keys{{}};
  std::optional<Models> models;
  std::optional<Limits> limits;
  std::optional<Budget> budget;
  std::optional<Queue> queue;
  std::optional<Agents> agents;
  int busy = 0;  // clients that wait for an answer

  Process(World& w, const std::string& host) : world(w) {
    store = *Store::open(std::make_unique<FailingEngine>(w.database, faults), {.path = w.database, .backup_folder = w.database + ".backup", .runs = StoreOptions::Runs::Callers});
    tools.add(std::make_unique<ActTool>(w));
    tools.set_policies(&no_rules.emplace(*store, w.clock, w.dice));
    models.emplace(w.clock, w.dice, http, *store, notices, keys, model, ModelEnvironment{});
    limits.emplace(*store);
    budget.emplace(*store, w.clock, *limits);
    queue.emplace(w.io.get_executor(), w.clock, w.dice, *store, notices, host);
    agents.emplace(w.io.get_executor(), w.clock, w.dice, *store, *queue, feeds, notices, *models, tools, workspaces, *budget, *limits);
    if (!w.calm) faults.set(20, 5, 10);
  }
};

// A client that says something and is told, or not, that it was taken.
struct Said {
  std::string key;
  std::optional<Started> started;
};

// A reader of one run, who comes back after every cut.
struct Reading {
  std::int64_t cursor = 0;
  std::set<std::int64_t> durable;
  bool reads = false;
};

class Simulation {
 public:
  Simulation(asio::io_context& io, std::uint64_t seed, const std::string& folder, bool aloud) : world_(io, seed, aloud) {
    world_.database = folder + "/zo.db";
    observer_ = *SqliteConnection::open(world_.database, Connection::Mode::ReadOnly);
    for (std::size_t i = 0; i < processes_.size(); ++i) start(i);
  }
  ~Simulation() {
    for (std::size_t i = 0; i < processes_.size(); ++i) end(i);
  }

  void run() {
    for (int i = 0; i < kActions; ++i) {
      act();
      bury_the_dead();
    }
    calm_down();
  }
  std::string hash() const { return world_.trace.hash(); }

  // --- what must hold -----------------------------------------------------------------------------------------------------------

  void check() {
    SqliteConnection& db = *observer_;
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL"), 0) << "every run ends";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM jobs"), 0) << "and its job with it";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM runs LEFT JOIN job_history ON job_history.id = runs.id AND job_history.attempt = runs.attempt + 1 "
                        "WHERE job_history.id IS NULL"), 0) << "in the same attempt";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM tool_calls WHERE state = 'asked' OR state = 'pending' OR state = 'running'"), 0);
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM approvals WHERE state = 'asked'"), 0) << "nothing is asked of a run that has ended";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM tool_calls WHERE answer = 'yes' AND id NOT IN (SELECT tool_call_id FROM approvals WHERE state = 'allowed')"), 0);
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE role = 'assistant' GROUP BY run_id, step HAVING COUNT(*) > 1)"), 0)
        << "no step is written by two attempts";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM messages WHERE state = 'queued'"), 0) << "what waited was taken in";
    for (const auto& [key, started] : said_) {
      ASSERT_TRUE(started) << key;
      EXPECT_EQ(db.number("SELECT COUNT(*) FROM messages WHERE id = ? AND client_key = ?", started->message.id, key), 1) << "what was acknowledged is there";
      EXPECT_EQ(db.number("SELECT COUNT(*) FROM messages WHERE client_key = ?", key), 1) << "and once";
    }
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM tool_calls WHERE state <> 'failed' AND id NOT IN (SELECT body FROM events WHERE kind = 'tool_finished')"), 0)
        << "each call's end is told";
    EXPECT_EQ(db.number("SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE kind = 'tool_finished' GROUP BY body HAVING COUNT(*) > 1)"), 0) << "once";
    for (const auto& [call, times] : world_.effects) EXPECT_EQ(times, 1) << "no effect happens twice";
    const auto calls = db.query("SELECT id, state FROM tool_calls");
    while (calls->next()) {
      const bool happened = world_.effects.contains(calls->id<ToolCallId>(0));
      if (calls->text(1) == "ok") EXPECT_TRUE(happened) << "what is called done was done";
      if (calls->text(1) == "refused") EXPECT_FALSE(happened) << "what was refused was not";
    }
    for (auto& [run, reading] : readings_) check_feed(db, run, reading);
  }

 private:
  void check_feed(SqliteConnection& db, const RunId& run, const Reading& reading) {
    std::set<std::int64_t> stored;
    std::string kinds;
    const auto rows = db.query("SELECT number, kind FROM events WHERE run_id = ? ORDER BY number", run);
    while (rows->next()) {
      stored.insert(rows->integer(0));
      kinds += rows->string(1) + " ";
    }
    // More is told than stored only of an end that could not be written down.
    std::vector<std::int64_t> missed;
    std::ranges::set_difference(stored, reading.durable, std::back_inserter(missed));
    EXPECT_EQ(missed, std::vector<std::int64_t>{}) << "who came back after each cut has seen every durable event of run "
                                                   << world_.trace.name(run.text()) << ": " << kinds;
    EXPECT_TRUE(kinds.starts_with("run_started ")) << kinds;
    EXPECT_TRUE(kinds.ends_with("run_finished ")) << kinds;
    EXPECT_EQ(kinds.find("run_finished"), kinds.rfind("run_finished")) << kinds;
  }

  // --- what happens ---------------------------------------------------------------------------------------------------------------

  void act() {
    const std::uint64_t what = world_.dice.below(100);
    if (what < 35) say();
    else if (what < 45) cancel();
    else if (what < 60) answer();
    else if (what < 65) crash(pick());
    else if (what < 70) recover(pick());
    else if (what < 75) cut_off();
    pass(world_.chance(5) ? world_.pause(2 * static_cast<std::uint64_t>(limits::kJobLeaseMs)) : world_.pause(600));
    read_all();
  }

  // One is away for longer than its leases last; the other takes over; then both think that the runs are theirs.
  void cut_off() {
    const std::size_t away = pick();
    world_.trace.tell(fmt::format("{}: cut off", away));
    processes_[away]->faults.cut_off = true;
    pass(limits::kJobLeaseMs + world_.pause(60'000));
    recover(1 - away);
    pass(world_.pause(2'000));
    processes_[away]->faults.cut_off = false;
    world_.trace.tell(fmt::format("{}: back", away));
  }

  void calm_down() {
    world_.trace.tell("calm");
    world_.calm = true;
    for (auto& process : processes_) process->faults.set(0, 0, 0);
    for (int turn = 0; turn < kQuietTurns && !is_over(); ++turn) {
      bury_the_dead();
      for (Said& one : said_)
        if (!one.started && turn % 20 == 0) spawn(0, say_it(*processes_[0], one, std::nullopt));
      answer();
      // A process that died for good: its leases run out, and the other takes over what it held.
      if (turn % 10 == 9) recover(pick());
      pass(turn % 10 == 0 ? limits::kJobLeaseMs : 1'000);
      read_all();
    }
    read_all();
    world_.settle();
  }

  bool is_over() {
    if (std::ranges::any_of(said_, [](const Said& one) { return !one.started; })) return false;
    if (std::ranges::any_of(processes_, [](const auto& process) { return process->busy > 0; })) return false;
    if (observer_->number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL") > 0) return false;
    return std::ranges::all_of(readings_, [](const auto& one) { return !one.second.reads; });
  }

  void pass(std::int64_t ms) {
    // In pieces, so that what wakes in between goes on in its own time.
    for (std::int64_t step = std::max<std::int64_t>(ms / 8, 1); ms > 0; ms -= step) {
      world_.clock.advance(std::min(step, ms));
      world_.settle();
    }
  }

  std::size_t pick() { return static_cast<std::size_t>(world_.dice.below(processes_.size())); }

  void say() {
    const std::size_t at = pick();
    std::optional<ConversationId> conversation;
    if (!said_.empty() && world_.chance(50))
      if (const Said& other = said_[static_cast<std::size_t>(world_.dice.below(said_.size()))]; other.started) conversation = other.started->run.conversation_id;
    Said& one = said_.emplace_back(fmt::format("key {}", said_.size()), std::nullopt);
    world_.trace.tell(fmt::format("{}: {} is said", at, one.key));
    spawn(at, say_it(*processes_[at], one, conversation));
  }

  Task<void> say_it(Process& process, Said& one, std::optional<ConversationId> conversation) {
    RunRequest request{.person = kPerson, .conversation = conversation, .text = one.key, .client_key = one.key, .steps_max = 6};
    const Result<Started> started = co_await process.agents->start(std::move(request));
    world_.trace.tell(fmt::format("{} {}", one.key, started ? fmt::format("is taken into run {}", world_.trace.name(started->run.id.text())) : started.error().message));
    if (!started || process.faults.crashed) co_return;
    one.started = *started;
    readings_.try_emplace(started->run.id);
  }

  void cancel() {
    if (readings_.empty()) return;
    const std::size_t at = pick();
    auto run = std::next(readings_.begin(), static_cast<std::ptrdiff_t>(world_.dice.below(readings_.size())));
    world_.trace.tell(fmt::format("{}: run {} is cancelled", at, world_.trace.name(run->first.text())));
    spawn(at, cancel_it(*processes_[at], run->first));
  }
  Task<void> cancel_it(Process& process, RunId run) { (void)co_await process.agents->cancel(kPerson, run); }

  void answer() {
    Asked asked = first_asked();
    if (asked.approval.empty()) return;
    const std::size_t at = pick();
    asked.answer.answer = world_.chance(70) ? PersonsAnswer::Yes : PersonsAnswer::No;
    spawn(at, answer_it(*processes_[at], asked));
  }
  struct Asked {
    ApprovalId approval;
    ApprovalAnswer answer;
  };
  // Read to its end, so that the observer holds nothing.
  Asked first_asked() {
    const auto rows = observer_->query("SELECT id, hash FROM approvals WHERE state = 'asked' ORDER BY id LIMIT 1");
    return rows->next() ? Asked{rows->id<ApprovalId>(0), {.hash = rows->string(1)}} : Asked{};
  }
  Task<void> answer_it(Process& process, Asked asked) {
    const auto answered = co_await process.agents->answer(kPerson, asked.approval, asked.answer);
    world_.trace.tell(fmt::format("question {} is answered: {}", world_.trace.name(asked.approval.text()), answered ? answer_name(asked.answer.answer) : answered.error().message));
  }

  void recover(std::size_t at) { spawn(at, recover_it(*processes_[at])); }
  Task<void> recover_it(Process& process) { (void)co_await process.agents->recover(); }
  // A server that cannot reach its store is started again until it can.
  Task<void> start_it(Process& process) {
    while (!process.faults.crashed && !co_await process.queue->start()) co_await world_.clock.sleep_for(100);
    (void)co_await process.agents->recover();
  }
  Task<void> stop_it(Process& process) {
    co_await process.queue->stop();
    co_await process.agents->stop();
  }

  // Each run is read by one reader, on whichever process.
  void read_all() {
    for (auto& [run, reading] : readings_) {
      if (reading.reads) continue;
      const std::size_t at = pick();
      reading.reads = true;
      spawn(at, read_it(*processes_[at], run, reading));
    }
    world_.settle();
  }
  Task<void> read_it(Process& process, RunId run, Reading& reading) {
    const auto watcher = co_await process.agents->watch(kPerson, run, reading.cursor);
    while (watcher) {
      const auto batch = co_await (*watcher)->next();
      if (!batch || batch->empty() || process.faults.crashed) break;  // nobody hears from who has crashed
      for (const RunEventPtr& event : *batch) {
        EXPECT_GT(event->number, reading.cursor) << "numbers rise, for whoever comes back, too";
        reading.cursor = event->number;
        if (event->durable) reading.durable.insert(event->number);
      }
    }
    reading.reads = false;
  }

  void spawn(std::size_t at, Task<void> task) {
    Process& process = *processes_[at];
    ++process.busy;
    asio::co_spawn(world_.io, std::move(task), [&process](const std::exception_ptr& failure) {
      --process.busy;
      EXPECT_FALSE(failure) << "a client is always answered";
    });
    world_.settle();
  }

  // --- processes --------------------------------------------------------------------------------------------------------------------

  void start(std::size_t at) {
    processes_[at] = std::make_unique<Process>(world_, at == 0 ? "/home/a" : "/home/b");
    spawn(at, start_it(*processes_[at]));
  }
  void crash(std::size_t at) {
    world_.trace.tell(fmt::format("{}: crash", at));
    processes_[at]->faults.crashed = true;
  }
  // Nothing of it reaches the store any more; what it still does is only that its memory goes.
  void end(std::size_t at) {
    Process& process = *processes_[at];
    process.faults.crashed = true;
    ++process.busy;
    asio::co_spawn(world_.io, stop_it(process), [&process](const std::exception_ptr&) { --process.busy; });
    for (int i = 0; i < 100 && process.busy > 0; ++i) pass(10'000);
    ASSERT_EQ(process.busy, 0) << "a process that stops leaves nobody waiting";
    processes_[at].reset();
  }
  void bury_the_dead() {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (!processes_[i]->faults.crashed) continue;
      end(i);
      world_.trace.tell(fmt::format("{}: starts again", i));
      start(i);
    }
  }

  World world_;
  std::unique_ptr<SqliteConnection> observer_;
  std::array<std::unique_ptr<Process>, 2> processes_;
  std::deque<Said> said_;
  std::map<RunId, Reading> readings_;
};

// A database with its tables and the one person, copied for each seed.
void make_template(const std::string& path) {
  auto store = Store::open({.path = path, .backup_folder = path + ".backup", .runs = StoreOptions::Runs::Callers});
  ASSERT_TRUE(store);
  asio::io_context io{1};
  auto add = [](Transaction& tx) -> Result<> {
    tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1)", kPerson);
    return {};
  };
  ASSERT_TRUE(run(io, (*store)->write(add)));
}

std::string simulate(asio::io_context& io, std::uint64_t seed, const std::string& base, bool aloud) {
  const std::string folder = base + "/seed";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(base + "/template.db", folder + "/zo.db");
  Simulation simulation(io, seed, folder, aloud);
  simulation.run();
  simulation.check();
  return simulation.hash();
}

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Memory that is a file system, where there is one: nothing here outlives the test.
std::string place(const TempFolder& folder) {
  const std::string fast = fmt::format("/dev/shm/zo-simulation-{}", ::getpid());
  std::error_code error;
  return std::filesystem::create_directories(fast, error) ? fast : folder.path();
}

TEST(SimulationTest, NothingIsLostNothingHappensTwiceEverythingEnds) {
  const TempFolder folder;
  const std::string base = place(folder);
  make_template(base + "/template.db");
  asio::io_context io{1};
  const std::uint64_t chosen = number_of("ZO_SEED", 0);
  const std::uint64_t count = chosen > 0 ? 1 : number_of("ZO_SEEDS", kSeeds);
  const std::uint64_t first = chosen > 0 ? chosen : 1;
  for (std::uint64_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("ZO_SEED={}", seed));
    const std::string hash = simulate(io, seed, base, chosen > 0);
    // A failing seed is worth something only if it is the same each time.
    if (seed % 100 == 1) EXPECT_EQ(simulate(io, seed, base, false), hash);
  }
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace zo
