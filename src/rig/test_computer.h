// A whole computer in a test: real store in a folder of its own, real sandbox, and a model that follows a script.
//
//   TestComputer zo;
//   zo.model.calls("shell", {{"command", "date"}}).then_says("It is noon.");
//   EXPECT_EQ(zo.ask("What time is it?").story(), "user · tool shell ok · assistant It is noon.");
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "computer/computer.h"
#include "store/sqlite.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/scripted_model.h"
#include "testing/temp_folder.h"

namespace zo {

// What came of one question.
struct Told {
  ConversationId conversation;
  Run run;
  std::vector<Message> messages;  // of the conversation, as they stand

  // "user · tool shell ok · assistant It is noon."; a run that did not end well adds its state.
  std::string story() const;
};

class TestComputer {
  TempFolder folder_;

 public:
  asio::io_context io{1};
  FakeClock virtual_clock{io.get_executor()};
  RealClock real_clock;
  SystemDice dice;
  Threads threads{"test-threads", 4};
  ScriptedModel model{io.get_executor(), real_clock};

  // The computer's own clock; the model and the commands always run in real time.
  enum class Time { Real, Virtual };
  explicit TestComputer(std::int64_t tokens_a_day = limits::kTokensADay, Time time = Time::Real);
  explicit TestComputer(Time time) : TestComputer(limits::kTokensADay, time) {}
  ~TestComputer();

  Computer& operator*() { return *computer_; }
  Computer* operator->() { return computer_.get(); }
  const PersonId& owner() const { return owner_; }
  Files& files() { return workspaces_->of(owner_)->get(); }

  // Runs a coroutine to its end.
  template <class T>
  T wait(Task<T> task) {
    return zo::run(io, std::move(task));
  }

  // Asks and waits for the end of the run.
  Told ask(std::string text, std::optional<ConversationId> conversation = {});
  Started start(std::string text, std::optional<ConversationId> conversation = {});
  Told finish(const Started& started);
  // Lets the world turn until it holds; false after 10 s.
  bool until(std::function<bool()> holds) { return wait(eventually(std::move(holds))); }
  // Lets that much virtual time pass, once it wakes somebody.
  void advance(std::int64_t duration_ms);
  // The database beside the computer, as another server would see and change it.
  std::unique_ptr<SqliteConnection> database();
  // All events of a run, from a cursor on.
  std::vector<RunEventPtr> events(const RunId& run, std::int64_t cursor = 0);
  // Of a run that works; null otherwise.
  std::shared_ptr<RunFeed> feed(const RunId& run) { return computer_->feeds.find(feed_of(run)); }
  // What the model has said of the step that goes on.
  std::string said_so_far(const RunId& run);
  std::vector<Message> messages(const ConversationId& conversation);

  // The server process ends in the middle of everything, and another starts on the same home.
  void restart();

  std::string workspace() const { return folder_ / "workspace"; }

 private:
  void build();

  World world_;
  std::unique_ptr<Store> store_;
  PersonId owner_;
  std::unique_ptr<Workspaces> workspaces_;
  std::unique_ptr<Computer> computer_;
};

}  // namespace zo
