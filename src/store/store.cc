#include "store/store.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/reserve.h"
#include "store/sqlite.h"

namespace zo {
namespace {

constexpr int kTriesAtMost = 5;  // of what another had at that moment; the engine has waited for it each time

// A bounded queue between the io thread and the store's threads.
class JobQueue {
 public:
  // False when it is full.
  bool push(Store::Job& job) {
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.size() >= limits::kJobsWaiting) return false;
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
  }

  // Waits for at least one job and takes up to `count`; none means: closed and drained.
  std::vector<Store::Job> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    std::vector<Store::Job> taken;
    for (; !jobs_.empty() && taken.size() < count; jobs_.pop_front()) taken.push_back(std::move(jobs_.front()));
    return taken;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Store::Job> jobs_;
  bool closed_ = false;
};

enum class Ran { Keep, Undo, DiskFull, MayPass };

Ran refused(Store::Job& job, const SqlFailure& failure) {
  job.refuse(failure.error);
  switch (failure.kind) {
    case SqlFailure::Kind::DiskFull: return Ran::DiskFull;
    case SqlFailure::Kind::MayPass: return Ran::MayPass;
    case SqlFailure::Kind::Final: break;
  }
  return Ran::Undo;
}

// Runs one closure; anything it throws becomes its refusal.
Ran run_one(Store::Job& job, Transaction& tx) {
  try {
    return job.run(tx) ? Ran::Keep : Ran::Undo;
  } catch (const SqlFailure& failure) {
    return refused(job, failure);
  } catch (const std::exception& failure) {
    job.refuse({Code::Internal, fmt::format("store: {}", failure.what()), ""});
  }
  return Ran::Undo;
}

Ran try_alone(Store::Job& job, Connection& db, Connection::Mode mode) {
  Ran ran = Ran::Undo;
  try {
    db.begin(mode);
    ran = run_one(job, db);
    if (db.in_transaction() && ran == Ran::Keep) db.commit();
    else if (db.in_transaction()) db.roll_back();
    else if (ran == Ran::Keep) job.refuse({Code::Internal, "the database gave the transaction up", ""});
  } catch (const SqlFailure& failure) {
    ran = refused(job, failure);
    if (db.in_transaction()) db.roll_back();
  }
  return ran;
}

// A transaction for one closure alone. The one place where what another had at that moment is tried again.
Ran run_alone(Store::Job& job, Connection& db, Connection::Mode mode) {
  Ran ran = try_alone(job, db, mode);
  for (int tries = 1; ran == Ran::MayPass && tries < kTriesAtMost; ++tries) ran = try_alone(job, db, mode);
  return ran;
}

// All of `jobs` in one commit. False when the transaction as a whole failed: nothing was changed, each is to be run alone.
bool run_together(std::vector<Store::Job>& jobs, Connection& db) {
  try {
    db.begin(Connection::Mode::ReadWrite);
    for (Store::Job& job : jobs) {
      db.mark();
      const Ran ran = run_one(job, db);
      if ((ran == Ran::DiskFull || ran == Ran::MayPass) && db.in_transaction()) db.roll_back();
      if (!db.in_transaction()) return false;
      if (ran == Ran::Undo) db.undo_since_mark();
      else db.keep_since_mark();
    }
    db.commit();
    return true;
  } catch (const SqlFailure&) {  // said again by run_alone() for the closure that it hits
    if (db.in_transaction()) db.roll_back();
    return false;
  }
}

}  // namespace

struct Store::State {
  std::unique_ptr<Engine> engine;
  JobQueue writes;
  JobQueue reads;
  std::atomic<std::uint64_t> commits{0};
  std::thread writing;
  std::vector<std::thread> reading;
  // Only where callers work themselves.
  std::unique_ptr<Connection> writer;
  std::unique_ptr<Connection> reader;
  Reserve reserve{""};
  bool reserve_is_whole = false;  // of the writer's thread

  // On a full disk once more after a checkpoint: free pages of the database can be filled when the log begins anew. A change that
  // makes room then has the reserve, too, and what is left of it is taken back.
  void write_alone(Job& job, Connection& db) {
    if (run_alone(job, db, Connection::Mode::ReadWrite) != Ran::DiskFull) return;
    db.checkpoint();
    if (run_alone(job, db, Connection::Mode::ReadWrite) != Ran::DiskFull || !job.makes_room) return;
    reserve.release();
    run_alone(job, db, Connection::Mode::ReadWrite);
    db.checkpoint();
    reserve_is_whole = false;
  }

  // While the reserve is not whole the database does not grow: what is new could not leave the log, and so not even be deleted.
  void keep_reserve(Connection& db) {
    if (reserve_is_whole) return;
    const bool whole = reserve.take();
    try {
      db.let_grow(whole ? Connection::Growth::Free : Connection::Growth::Stopped);
      reserve_is_whole = whole;
    } catch (const SqlFailure& failure) {  // tried again after the next commit
      log_warn("store", "the database could not be told how far it may grow: " + failure.error.message);
    }
  }

  void write_loop(std::unique_ptr<Connection> db) {
    for (;;) {
      std::vector<Job> jobs = writes.take(limits::kWritesInOneCommit);
      if (jobs.empty()) return db->checkpoint();
      if (jobs.size() == 1 || !run_together(jobs, *db))
        for (Job& job : jobs) write_alone(job, *db);
      keep_reserve(*db);
      commits.fetch_add(1, std::memory_order_relaxed);
      for (Job& job : jobs) job.wake();
    }
  }

  void read_loop(std::unique_ptr<Connection> db) {
    for (;;) {
      std::vector<Job> jobs = reads.take(1);
      if (jobs.empty()) return;
      run_alone(jobs[0], *db, Connection::Mode::ReadOnly);
      jobs[0].wake();
    }
  }

  template <class Loop>
  static std::thread start(const char* name, Loop loop) {
    std::thread thread(std::move(loop));
    pthread_setname_np(thread.native_handle(), name);
    return thread;
  }
};

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

namespace {

// What can be put back in place of a damaged database: the newest copy that there is.
std::string rescue(const std::string& backup_folder) {
  std::filesystem::path newest;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(backup_folder, failure))
    if (entry.is_regular_file(failure) && (newest.empty() || entry.path().filename() > newest.filename())) newest = entry.path();
  if (newest.empty()) return "move it aside, with the files beside it that begin with its name, and ZoClone begins anew; there is no copy of it";
  return "move it aside, with the files beside it that begin with its name, and put the newest copy in its place: " + newest.string();
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  Result<std::unique_ptr<Store>> opened = open(std::make_unique<SqliteEngine>(options.path), options);
  if (!opened && opened.error().code == Code::Corrupt) opened.error().advice = rescue(options.backup_folder);
  return opened;
}

// The reserve is given up meanwhile: a server can also start where the disk is full, and what a crash left in the log leaves it.
Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Engine> engine, const StoreOptions& options) {
  const Reserve reserve(options.reserve);
  reserve.release();
  ZO_TRY(std::unique_ptr<Connection> writer, engine->open(Connection::Mode::ReadWrite));
  ZO_OK(migrate(*writer, migrations(), options.backup_folder));
  writer->checkpoint();
  auto state = std::make_unique<State>();
  state->engine = std::move(engine);
  state->reserve = reserve;
  std::vector<std::unique_ptr<Connection>> readers;
  for (std::size_t i = 0; i < limits::kReaders; ++i) {
    ZO_TRY(std::unique_ptr<Connection> reader, state->engine->open(Connection::Mode::ReadOnly));
    readers.push_back(std::move(reader));
  }
  state->keep_reserve(*writer);
  if (options.runs == StoreOptions::Runs::Callers) {
    state->writer = std::move(writer);
    state->reader = std::move(readers.front());
    return std::unique_ptr<Store>(new Store(std::move(state)));
  }
  State* s = state.get();
  s->writing = State::start("zo-writer", [s, db = std::move(writer)]() mutable { s->write_loop(std::move(db)); });
  for (auto& reader : readers) s->reading.push_back(State::start("zo-reader", [s, db = std::move(reader)]() mutable { s->read_loop(std::move(db)); }));
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::~Store() {
  // The writer goes last: it leaves everything in the one file, which it can only when nobody else reads there.
  state_->reads.close();
  for (std::thread& reader : state_->reading) reader.join();
  state_->writes.close();
  if (state_->writing.joinable()) state_->writing.join();
}

std::uint64_t Store::commits() const { return state_->commits.load(std::memory_order_relaxed); }
const std::string& Store::path() const { return state_->engine->path(); }

void Store::submit(Lane lane, Job job) {
  if (state_->writer != nullptr) {
    if (lane == Lane::Reader) run_alone(job, *state_->reader, Connection::Mode::ReadOnly);
    else state_->write_alone(job, *state_->writer);
    return job.wake();
  }
  JobQueue& queue = lane == Lane::Reader ? state_->reads : state_->writes;
  if (queue.push(job)) return;
  job.refuse({Code::Exhausted,
              fmt::format("{} {} wait for the disk that holds {}", limits::kJobsWaiting, lane == Lane::Reader ? "questions" : "changes", path()),
              "try again in a moment"});
  job.wake();
}

}  // namespace zo
