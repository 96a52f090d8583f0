// zo-queue: the queue as a program of its own, for journeys that kill it and for bench/. No server, no agents.
//   zo-queue work FOLDER JOBS [NODE]     as that node of several on one database, or alone: adds jobs (those that are there already are known by their keys) and works on all of them, to the
//                                        end. Prints `resolved MS`, `added N`, `ended N ATTEMPT`, each once it is on the disk.
//   zo-queue bench FOLDER JOBS AT_ONCE   adds, then claims and ends; prints one line of JSON
//   zo-queue claims FOLDER JOBS CALLERS  each claims one, ends it, claims the next; one line of JSON
//   zo-queue due FOLDER JOBS WAITING     how late jobs begin that wait for their time, among others; one line of JSON
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "async/gather.h"
#include "queue/queue.h"
#include "testing/run.h"

namespace zo {
namespace {

const PersonId kPerson = PersonId::stored("01J00000000000000000000000");
constexpr std::string_view kQueueName = "work";
constexpr std::size_t kAddsAtOnce = 128;
constexpr std::size_t kWorkAtOnce = 64;
constexpr std::uint64_t kWorkMsMost = 40;

using Steady = std::chrono::steady_clock;
double ms_since(Steady::time_point began) { return std::chrono::duration<double, std::milli>(Steady::now() - began).count(); }

double at_fraction(std::vector<double> values, double fraction) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(fraction * static_cast<double>(values.size())))];
}

// One write, so that a kill leaves no half line.
void say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
}

struct Machine {
  asio::io_context io{1};
  RealClock clock;
  SystemDice dice;
  std::unique_ptr<Store> store;
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  std::unique_ptr<Queue> queue;

  explicit Machine(const std::string& folder, const std::string& node = "") {
    auto opened = Store::open({.path = folder + "/zo.db", .backup_folder = folder + "/backup"});
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      std::_Exit(1);
    }
    store = std::move(*opened);
    auto person = [](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1) ON CONFLICT DO NOTHING", kPerson);
      return {};
    };
    ZO_CHECK(zo::run(io, store->write(person)));
    queue = std::make_unique<Queue>(io.get_executor(), clock, dice, *store, notices, node.empty() ? folder : node);
  }
  std::int64_t left() {
    auto count = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM jobs"); };
    return *zo::run(io, store->read(count));
  }
};

struct Adder {
  Machine& machine;
  bool aloud = false;
  Task<Result<>> operator()(int number) {
    NewJob job{.person_id = kPerson, .queue = std::string(kQueueName), .payload = std::to_string(number), .priority = number % 5, .losses_most = 0};
    if (!aloud) {
      ZO_CO_OK(co_await machine.queue->add(std::move(job)));
      co_return Result<>{};
    }
    job.id = JobId::make(machine.dice, machine.clock.now());
    job.unique_key = "job-" + job.payload;
    job.backoff_ms = 20;
    // One that was added in an earlier life stands among the jobs, or in the history.
    auto add = [job = std::move(job), now = machine.clock.now()](Transaction& tx) -> Result<Added> {
      if (tx.number("SELECT COUNT(*) FROM job_history WHERE person_id = ? AND unique_key = ?", kPerson, job.unique_key) > 0) return Added{.repeated = true};
      return add_job(tx, job, now);
    };
    ZO_CO_TRY(const Added added, co_await machine.store->write(std::move(add)));
    machine.queue->note_added(added);
    if (!added.repeated) say(fmt::format("added {}", number));
    co_return Result<>{};
  }
};

Result<> add_all(Machine& machine, int count, bool aloud) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  for (const Result<>& added : zo::run(machine.io, gather(std::move(numbers), kAddsAtOnce, Adder{machine, aloud})))
    if (!added) return added;
  return {};
}

// Every tenth job fails at its first try.
class ChaosWorker final : public Worker {
 public:
  explicit ChaosWorker(Machine& machine) : machine_(machine), working_(machine.io.get_executor()) {}
  std::string_view queue() const override { return kQueueName; }
  std::size_t at_once() const override { return kWorkAtOnce; }
  Task<Result<>> begin(Held held) override {
    working_.spawn("work", work(std::move(held)));
    co_return Result<>{};
  }
  void stop(const JobId&, Stop) override {}
  Task<void> wait() { co_await working_.wait(); }

 private:
  Task<void> work(Held held) {
    co_await machine_.clock.sleep_for(static_cast<std::int64_t>(machine_.dice.below(kWorkMsMost)));
    JobEnd end{.result = "done"};
    if (held.payload.ends_with('0') && held.failures == 0) end = {.state = JobState::Failed, .error = Error{Code::Unavailable, "no luck", ""}};
    const std::string number = held.payload;
    const std::int64_t attempt = held.attempt;
    const Result<JobOutcome> outcome = co_await machine_.queue->end(std::move(held), std::move(end));
    if (outcome && outcome->ended == Ended::Over) say(fmt::format("ended {} {}", number, attempt));
  }

  Machine& machine_;
  Scope working_;
};

int work(const std::string& folder, int jobs, const std::string& node) {
  const auto began = Steady::now();
  Machine machine(folder, node);
  ChaosWorker worker(machine);
  machine.queue->serve(worker);
  ZO_CHECK(zo::run(machine.io, machine.queue->start()));
  // Beside others that live, what they hold is theirs.
  const Claimant self = machine.queue->claimant();
  auto foreign = [self](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM jobs WHERE state = 'running' AND process <> ? AND node = ?", self.process, self.node); };
  while (*zo::run(machine.io, machine.store->read(foreign)) > 0) zo::run(machine.io, machine.clock.sleep_for(100));
  say(fmt::format("resolved {:.0f}", ms_since(began)));
  ZO_CHECK(add_all(machine, jobs, true));
  while (machine.left() > 0) zo::run(machine.io, machine.clock.sleep_for(20));
  zo::run(machine.io, worker.wait());
  zo::run(machine.io, machine.queue->stop());
  return 0;
}

// Does nothing, at once.
class IdleWorker final : public Worker {
 public:
  IdleWorker(Machine& machine, std::size_t at_once) : machine_(machine), at_once_(at_once), working_(machine.io.get_executor()) {}
  std::string_view queue() const override { return kQueueName; }
  std::size_t at_once() const override { return at_once_; }
  Task<Result<>> begin(Held held) override {
    late_ms.push_back(static_cast<double>(machine_.clock.now() - held.ready_at));
    working_.spawn("work", work(std::move(held)));
    co_return Result<>{};
  }
  void stop(const JobId&, Stop) override {}

  int ended = 0;
  std::vector<double> late_ms;

 private:
  Task<void> work(Held held) {
    ZO_CHECK(co_await machine_.queue->end(std::move(held), {.result = "done"}));
    ++ended;
  }

  Machine& machine_;
  std::size_t at_once_;
  Scope working_;
};

Task<void> until_ended(Machine& machine, const IdleWorker& worker, int count) {
  while (worker.ended < count) co_await machine.clock.sleep_for(1);
}

int bench(const std::string& folder, int jobs, int at_once) {
  Machine machine(folder);
  auto began = Steady::now();
  ZO_CHECK(add_all(machine, jobs, false));
  const double added_ms = ms_since(began);
  IdleWorker worker(machine, static_cast<std::size_t>(at_once));
  machine.queue->serve(worker);
  const std::uint64_t commits = machine.store->commits();
  began = Steady::now();
  ZO_CHECK(zo::run(machine.io, machine.queue->start()));
  zo::run(machine.io, until_ended(machine, worker, jobs));
  const double worked_ms = ms_since(began);
  say(fmt::format(R"({{"jobs":{},"at_once":{},"add_per_s":{:.0f},"work_per_s":{:.0f},"commits":{}}})", jobs, at_once, jobs * 1e3 / added_ms, jobs * 1e3 / worked_ms,
                  machine.store->commits() - commits));
  zo::run(machine.io, machine.queue->stop());
  return 0;
}

struct Caller {
  Machine& machine;
  std::vector<double>& claim_ms;
  Task<Result<>> operator()(int) {
    for (;;) {
      const auto began = Steady::now();
      ZO_CO_TRY(Claims claims, co_await machine.queue->claim(std::string(kQueueName), 1));
      claim_ms.push_back(ms_since(began));
      if (claims.held.empty()) co_return Result<>{};
      ZO_CO_OK(co_await machine.queue->end(std::move(claims.held.front()), {.result = "done"}));
    }
  }
};

int claims(const std::string& folder, int jobs, int callers) {
  Machine machine(folder);
  ZO_CHECK(add_all(machine, jobs, false));
  std::vector<double> claim_ms;
  std::vector<int> numbers(static_cast<std::size_t>(callers));
  const auto began = Steady::now();
  for (const Result<>& one : zo::run(machine.io, gather(std::move(numbers), static_cast<std::size_t>(callers), Caller{machine, claim_ms}))) ZO_CHECK(one);
  const double worked_ms = ms_since(began);
  say(fmt::format(R"({{"jobs":{},"callers":{},"work_per_s":{:.0f},"claim_p50_ms":{:.2f},"claim_p99_ms":{:.2f},"claim_max_ms":{:.2f}}})", jobs, callers, jobs * 1e3 / worked_ms,
                  at_fraction(claim_ms, 0.5), at_fraction(claim_ms, 0.99), at_fraction(claim_ms, 1)));
  return 0;
}

// Jobs that become due one after the other within two seconds, beside others that wait for tomorrow.
int due(const std::string& folder, int jobs, int waiting) {
  Machine machine(folder);
  IdleWorker worker(machine, kWorkAtOnce);
  machine.queue->serve(worker);
  ZO_CHECK(zo::run(machine.io, machine.queue->start()));
  const auto add = [&](std::int64_t delay_ms) {
    ZO_CHECK(zo::run(machine.io, machine.queue->add({.person_id = kPerson, .queue = std::string(kQueueName), .priority = 9, .delay_ms = delay_ms})));
  };
  constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000, kSoonMs = 3'000, kSpanMs = 2'000;
  for (int i = 0; i < waiting; ++i) add(kDayMs + i);
  for (int i = 0; i < jobs; ++i) add(kSoonMs + i * kSpanMs / jobs);
  zo::run(machine.io, until_ended(machine, worker, jobs));
  say(fmt::format(R"({{"jobs":{},"waiting":{},"late_p50_ms":{:.0f},"late_p99_ms":{:.0f},"late_max_ms":{:.0f}}})", jobs, waiting, at_fraction(worker.late_ms, 0.5),
                  at_fraction(worker.late_ms, 0.99), at_fraction(worker.late_ms, 1)));
  zo::run(machine.io, machine.queue->stop());
  return 0;
}

int number_of(const char* text) {
  int number = 0;
  std::from_chars(text, text + std::string_view(text).size(), number);
  return number;
}

}  // namespace
}  // namespace zo

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  if ((count == 4 || count == 5) && what == "work") return zo::work(words[2], zo::number_of(words[3]), count == 5 ? words[4] : "");
  if (count == 5 && what == "bench") return zo::bench(words[2], zo::number_of(words[3]), zo::number_of(words[4]));
  if (count == 5 && what == "claims") return zo::claims(words[2], zo::number_of(words[3]), zo::number_of(words[4]));
  if (count == 5 && what == "due") return zo::due(words[2], zo::number_of(words[3]), zo::number_of(words[4]));
  std::fputs("usage: zo-queue work FOLDER JOBS [NODE] | bench FOLDER JOBS AT_ONCE | claims FOLDER JOBS CALLERS | due FOLDER JOBS WAITING\n", stderr);
  return 2;
}
