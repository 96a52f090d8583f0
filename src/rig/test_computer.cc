#include "rig/test_computer.h"

#include <sys/stat.h>
#include <unistd.h>

#include "os/workspace.h"

namespace zo {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

std::string Told::story() const {
  std::string story;
  for (const Message& message : messages) {
    if (!story.empty()) story += " · ";
    story += message.role == Message::Role::User ? "user" : "assistant";
    if (message.role == Message::Role::Assistant && message.text.empty()) story.erase(story.size() - 9);
    else if (message.role == Message::Role::Assistant) story += " " + message.text;
    for (const ToolCall& call : message.tool_calls) {
      if (!story.ends_with(" · ")) story += " · ";
      story += "tool " + call.name + " " + std::string(call_state_name(call.state));
    }
  }
  if (run.state != RunState::Done) story += " · " + std::string(run_state_name(run.state));
  return story;
}

TestComputer::TestComputer(std::int64_t tokens_a_day, Time time)
    : world_{io.get_executor(), threads, time == Time::Real ? static_cast<Clock&>(real_clock) : virtual_clock, dice, {{{"OPENAI_BASE_URL", model.url() + "/v1"}, {"ZO_MODEL", "openai/scripted"}}}, tokens_a_day} {
  ::chmod(folder_.path().c_str(), 0755);  // so that the workspace's own user can reach it
  build();
}

TestComputer::~TestComputer() {
  wait(computer_->stop());
  wait(model.stop());
}

void TestComputer::build() {
  Home home;
  home.folder = folder_.path();
  home.cache = folder_ / "cache";
  home.key_file = folder_ / "key";
  store_ = must(open_store(home));
  owner_ = must(wait(Accounts(*store_, world_.clock, dice).at_machine(::geteuid()))).person;
  workspaces_ = std::make_unique<Workspaces>(threads);
  workspaces_->add(owner_, must(Workspace::open(workspace(), home.closed())));
  computer_ = std::make_unique<Computer>(world_, home, *store_, *workspaces_);
  must(wait(computer_->start()));
}

void TestComputer::restart() {
  wait(computer_->stop());
  computer_.reset();
  store_.reset();
  build();
}

Started TestComputer::start(std::string text, std::optional<ConversationId> conversation) {
  RunRequest request{.person = owner(), .conversation = std::move(conversation), .text = std::move(text)};
  return must(wait(computer_->agents.start(std::move(request))));
}

std::string TestComputer::said_so_far(const RunId& run) {
  const auto partial = computer_->agents.partial(run);
  return partial != nullptr ? partial->text : "";
}

std::vector<RunEventPtr> TestComputer::events(const RunId& run, std::int64_t cursor) {
  const std::unique_ptr<Watcher> watcher = must(wait(computer_->agents.watch(owner(), run, cursor)));
  std::vector<RunEventPtr> all;
  for (;;) {
    std::vector<RunEventPtr> batch = must(wait(watcher->next()));
    if (batch.empty()) return all;
    for (RunEventPtr& event : batch) all.push_back(std::move(event));
  }
}

std::vector<Message> TestComputer::messages(const ConversationId& conversation) {
  return must(wait(computer_->conversations.messages(owner(), conversation, 0, limits::kPageItems))).items;
}

void TestComputer::advance(std::int64_t duration_ms) {
  until([this, duration_ms] { return virtual_clock.wakes_within(duration_ms); });
  virtual_clock.advance(duration_ms);
}

std::unique_ptr<SqliteConnection> TestComputer::database() { return must(SqliteConnection::open(store_->path(), SqliteConnection::Mode::ReadWrite)); }

Told TestComputer::finish(const Started& started) {
  events(started.run.id);
  // The feed closes an instant before the run's place is free again.
  until([this, &started] { return feed(started.run.id) == nullptr; });
  return {started.run.conversation_id, must(wait(computer_->agents.find(owner(), started.run.id))), messages(started.run.conversation_id)};
}

Told TestComputer::ask(std::string text, std::optional<ConversationId> conversation) {
  return finish(start(std::move(text), std::move(conversation)));
}

}  // namespace zo
