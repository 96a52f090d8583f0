// Every fact that must survive: what write() has answered is on the disk.
// One writer thread with group commit: everything that waits goes into one transaction, a SAVEPOINT isolates each closure, and
// the answers go out after COMMIT. Readers have their own threads and connections and never wait for the writer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "async/offload.h"
#include "async/task.h"
#include "store/engine.h"

namespace zo {

struct StoreOptions {
  std::string path;           // of the database file
  std::string backup_folder;  // a copy of the database is put here before every migration; empty: an old one is not migrated, but refused
  std::string reserve = {};   // a file that keeps room for write_to_make_room(); empty: none
  // Callers: whoever writes or reads does it himself, in the order of the calls, for simulations that are to be the same each time.
  enum class Runs { OwnThreads, Callers } runs = Runs::OwnThreads;
};

class Store {
 public:
  // Opens or creates, proves the schema and migrates. Errors: Corrupt, Exhausted (disk), Conflict (made by a newer ZoClone).
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  // The same on another engine than SQLite.
  static Result<std::unique_ptr<Store>> open(std::unique_ptr<Engine> engine, const StoreOptions& options);
  // Finishes what was handed over, then ends the threads. No coroutine may wait in write() or read() then.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // `change` returns a Result; an Error undoes what it did. It may run more than once, and is therefore callable const. Cannot be
  // cancelled once handed over.
  template <class Change>
  Task<std::invoke_result_t<const Change&, Transaction&>> write(Change change) {
    return hand_over(Lane::Writer, std::move(change));
  }
  // As write(), for a change that deletes: on a full disk it has the room of the reserve.
  template <class Change>
  Task<std::invoke_result_t<const Change&, Transaction&>> write_to_make_room(Change change) {
    return hand_over(Lane::MakesRoom, std::move(change));
  }
  // One consistent view of the data as it was committed when `question` began.
  template <class Question>
  Task<std::invoke_result_t<const Question&, Transaction&>> read(Question question) {
    return hand_over(Lane::Reader, std::move(question));
  }

  // Commits so far; a group is one commit. For measuring.
  std::uint64_t commits() const;
  const std::string& path() const;

  struct Job {
    std::move_only_function<bool(Transaction&) const> run;  // false: undo
    std::move_only_function<void(const Error&)> refuse;
    Wake wake;
    bool makes_room = false;
  };

 private:
  enum class Lane { Writer, MakesRoom, Reader };
  struct State;
  explicit Store(std::unique_ptr<State> state);
  void submit(Lane lane, Job job);

  template <class Work>
  Task<std::invoke_result_t<const Work&, Transaction&>> hand_over(Lane lane, Work work) {
    using Outcome = std::invoke_result_t<const Work&, Transaction&>;
    auto outcome = std::make_shared<Outcome>(fail(Code::Internal, "the store never ran this"));
    Job job;
    job.makes_room = lane == Lane::MakesRoom;
    job.run = [work = std::move(work), outcome](Transaction& tx) {
      *outcome = work(tx);
      return outcome->has_value();
    };
    job.refuse = [outcome](const Error& error) { *outcome = std::unexpected(error); };
    auto start = [this, lane, &job](Wake wake) {
      job.wake = std::move(wake);
      submit(lane, std::move(job));
    };
    co_await handoff(std::move(start));
    co_return std::move(*outcome);
  }

  std::unique_ptr<State> state_;
};

}  // namespace zo
