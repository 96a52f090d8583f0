// The golden stories: each is told by a real run, made independent of time and chance, and compared with its file in
// tests/golden/, which the page and the terminal replay. ZO_UPDATE_GOLDEN=1 writes the files anew.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "api/wire/run_event.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

constexpr TimeMs kFirstTime = 1'767'603'600'000;  // 2026-01-05T09:00:00Z
constexpr std::int64_t kTimeStepMs = 40;

// Names things in the order they appear: ids by their kind and number, times by steps of 40 ms. What is measured (how long a
// call took, how many tokens the prompt had) is replaced by what could have been.
class Normaliser {
 public:
  std::string told(const std::vector<RunEventPtr>& events) {
    std::vector<JsonObject> all;
    for (const RunEventPtr& event : events)
      all.push_back({{"number", event->number}, {"kind", zo::kind_of(event->what)}, {"data", *parse_json(event_text(*event), "an event")}});
    settle_races(all);
    for (JsonObject& event : all) normalise(event.at("data"), "");
    const JsonObject& last = all.back();
    const Json* run = find(last.at("data"), "run");
    all.push_back({{"number", last.at("number")}, {"kind", "end"}, {"data", JsonObject{{"reason", run->at("state")}}}});
    std::string out = "[\n";
    for (const JsonObject& event : all) out += "  " + to_text(event) + (&event == &all.back() ? "\n]\n" : ",\n");
    return out;
  }

 private:
  // Calls of one step work side by side and sub-agents begin side by side: here in the order asked, whoever was first.
  static void settle_races(std::vector<JsonObject>& all) {
    std::map<std::string, JsonArray> children;
    std::vector<std::string> asked;
    for (const JsonObject& event : all) {
      const Json* message = find(event.at("data"), "message");
      const JsonArray* calls = message != nullptr ? array_at(*message, "tool_calls") : nullptr;
      if (calls != nullptr)
        for (const Json& call : *calls) asked.emplace_back(*string_at(call, "id"));
      const Json* call = find(event.at("data"), "tool_call");
      const JsonArray* runs = call != nullptr ? array_at(*call, "children") : nullptr;
      if (runs != nullptr) children[std::string(*string_at(*call, "id"))] = *runs;
    }
    const auto place = [&](const JsonObject& event) {
      const Json& data = event.at("data");
      const bool finished = find(data, "tool_call") != nullptr;
      const std::string_view id = finished ? *string_at(*find(data, "tool_call"), "id") : *string_at(data, "tool_call_id");
      return std::tuple(finished, std::ranges::find(asked, id) - asked.begin(), event.at("number").as_int64());
    };
    const auto of_a_call = [](const JsonObject& event) { return find(event.at("data"), "tool_call") || find(event.at("data"), "tool_call_id"); };
    for (auto from = all.begin(); from != all.end();) {
      from = std::find_if(from, all.end(), of_a_call);
      const auto to = std::find_if_not(from, all.end(), of_a_call);
      std::vector<std::int64_t> numbers;
      for (auto each = from; each != to; ++each) numbers.push_back(each->at("number").as_int64());
      std::sort(from, to, [&](const JsonObject& a, const JsonObject& b) { return place(a) < place(b); });
      for (const std::int64_t number : numbers) {
        from->at("number") = number;
        from->at("data").as_object()["number"] = number;
        if (JsonArray* begun = find_children(*from)) {
          const JsonArray& in_order = children.at(std::string(*string_at(from->at("data"), "tool_call_id")));
          for (std::size_t i = 0; i < begun->size(); ++i) begun->at(i) = in_order.at(i);
        }
        ++from;
      }
    }
  }

  static JsonArray* find_children(JsonObject& started) {
    Json* children = started.at("data").as_object().if_contains("children");
    return children != nullptr ? &children->as_array() : nullptr;
  }

  // `key` is under which the value stands; in a list, under which the list stands.
  void normalise(Json& value, std::string_view key) {
    if (JsonArray* list = value.if_array())
      for (Json& each : *list) normalise(each, key);
    if (JsonObject* object = value.if_object()) normalise(*object, key);
    if (!value.is_string()) return;
    if (key.ends_with("_at")) value = time_of(key);
    else if (const std::string_view kind = kind_of(key); !kind.empty()) value = name_of(std::string(value.as_string()), kind);
  }

  void normalise(JsonObject& object, std::string_view key) {
    owner_ = object.contains("id") ? std::string(object.at("id").as_string()) : owner_;
    const std::string owner = owner_;
    for (auto& [name, value] : object) {
      owner_ = owner;
      if (name == "elapsed_ms") value = 41;
      else if (name == "input_tokens" && value.as_int64() > 0) value = 310;
      else normalise(value, name == "id" ? std::string(key) + ".id" : std::string(name));
    }
  }

  static std::string_view kind_of(std::string_view key) {
    if (key == "run.id" || key == "run_id" || key == "parent_run_id" || key == "children") return "R";
    if (key == "conversation_id") return "C";
    if (key == "message.id" || key == "message_id") return "M";
    if (key == "tool_call.id" || key == "tool_calls.id" || key == "tool_call_id") return "T";
    return "";
  }

  std::string name_of(const std::string& id, std::string_view kind) {
    if (const auto known = names_.find(id); known != names_.end()) return known->second;
    return names_[id] = fmt::format("01K5{}{:021}", kind, ++counts_[std::string(kind)]);
  }

  // What happened to one thing has a time of its own, also where two things happened at once.
  std::string time_of(std::string_view what) {
    const auto [place, fresh] = times_.try_emplace(owner_ + std::string(what), static_cast<std::int64_t>(times_.size()));
    return to_rfc3339(kFirstTime + place->second * kTimeStepMs);
  }

  std::string owner_;  // the id of the innermost thing around
  std::map<std::string, std::string> names_;
  std::map<std::string, int> counts_;
  std::map<std::string, std::int64_t> times_;
};

void expect_golden(const std::string& name, const std::vector<RunEventPtr>& events) {
  const std::string path = std::string(ZO_SOURCE_DIR) + "/tests/golden/" + name + ".events.json";
  const std::string told = Normaliser().told(events);
  if (std::getenv("ZO_UPDATE_GOLDEN") != nullptr) write_whole_file(path, told);
  ASSERT_TRUE(std::filesystem::exists(path)) << path << " is missing; ZO_UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(told, read_whole_file(path)) << "if the server is right: ZO_UPDATE_GOLDEN=1 api_test --gtest_filter='Golden.*'";
}

template <class Kind>
bool at_end(const std::vector<RunEventPtr>& events) {
  return !events.empty() && std::holds_alternative<Kind>(events.back()->what);
}

// Someone who reads a run from its beginning, also across a restart.
class Reader {
 public:
  Reader(TestComputer& zo, const RunId& run) : zo_(zo), run_(run) { watch(); }

  // The connection is made again, after the last number read.
  void watch() { watcher_ = *zo_.wait(zo_->agents.watch(zo_.owner(), run_, events.empty() ? 0 : events.back()->number)); }
  void read() {
    for (RunEventPtr& event : *zo_.wait(watcher_->next())) events.push_back(std::move(event));
  }
  template <class Kind>
  void read_to() {
    while (!at_end<Kind>(events)) read();
  }
  std::vector<RunEventPtr> events;

 private:
  TestComputer& zo_;
  RunId run_;
  std::unique_ptr<Watcher> watcher_;
};

std::vector<RunEventPtr> to_the_end(TestComputer& zo, const Started& started) {
  Reader reader(zo, started.run.id);
  reader.read_to<event::RunFinished>();
  return reader.events;
}

void expect_golden(const std::string& name, TestComputer& zo, const Started& started) {
  expect_golden(name, to_the_end(zo, started));
}

// A file whose readers wait for what the test writes.
void make_pipe(const std::string& path) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
}

void cancel(TestComputer& zo, const Started& started) { ASSERT_TRUE(zo.wait(zo->agents.cancel(zo.owner(), started.run.id))); }

bool wait_for_text(TestComputer& zo, const Started& started, std::string_view text) {
  return zo.until([&] { return zo.said_so_far(started.run.id) == text; });
}

std::string chunk(std::string_view member, std::string_view text) {
  return fmt::format("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"{}\":\"{}\"}}}}]}}\n\n", member, text);
}

// --- told by the loop ------------------------------------------------------------------------------------------------------------

TEST(Golden, PlainAnswer) {
  TestComputer zo;
  zo.model.says("A **tmpfs** is a file system kept in memory. Nothing of it survives a restart.").in_chunks(45);
  expect_golden("plain_answer", zo, zo.start("What is a tmpfs?"));
}

TEST(Golden, ReasoningAndRetry) {
  TestComputer zo;
  zo.model.fails(503, "", {{"retry-after-ms", "100"}});
  zo.model.sends(chunk("reasoning_content", "Rayleigh scattering, ") + chunk("reasoning_content", "short waves scatter most.") +
                 chunk("content", "Air scatters short waves ") + chunk("content", "more than long ones.") +
                 "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                 "\"usage\":{\"prompt_tokens\":310,\"completion_tokens\":11}}\n\ndata: [DONE]\n\n");
  expect_golden("reasoning_and_retry", zo, zo.start("Why is the sky blue?"));
}

TEST(Golden, ToolCall) {
  TestComputer zo;
  ASSERT_TRUE(zo.wait(zo.files().write("notes.txt", "hello\n")));
  zo.model.says("I will run sha256sum.").and_calls("shell", {{"command", "sha256sum notes.txt"}}).in_chunks(11);
  zo.model.then_says("The sha256 of notes.txt is `5891b5b522d5df08`.").in_chunks(24);
  RunRequest request{.person = zo.owner(), .text = "What is the sha256 of notes.txt?", .files = {"notes.txt"}};
  expect_golden("tool_call", zo, *zo.wait(zo->agents.start(std::move(request))));
}

TEST(Golden, ParallelCalls) {
  TestComputer zo;
  ASSERT_TRUE(zo.wait(zo.files().write("a.txt", "alpha\n")));
  ASSERT_TRUE(zo.wait(zo.files().write("b.txt", "bta\n")));
  zo.model.calls("read_file", {{"path", "a.txt"}}).and_calls("read_file", {{"path", "missing.txt"}});
  zo.model.then_calls("edit_file", {{"path", "b.txt"}, {"old", "bta"}, {"new", "beta"}});
  zo.model.then_says("a.txt is fine; b.txt is mended.").in_chunks(15);
  expect_golden("parallel_calls", zo, zo.start("Read a.txt and missing.txt, then mend b.txt."));
}

TEST(Golden, QueuedMessage) {
  TestComputer zo;
  std::string lines = "month,region,amount\n";
  for (int i = 1; i < 1204; ++i) lines += "2026-01,north,1\n";
  const std::string path = zo.workspace() + "/data.csv";
  make_pipe(path);
  zo.model.calls("shell", {{"command", "wc -l data.csv"}}).then_says("1,204 lines.").and_calls("shell", {{"command", "head -1 data.csv"}});
  zo.model.then_says("Three columns: month, region, amount.").in_chunks(15);
  const Started started = zo.start("Count the lines of data.csv.");
  Reader reader(zo, started.run.id);
  reader.read_to<event::ToolStarted>();
  EXPECT_TRUE(zo.start("And its columns, please.", started.run.conversation_id).queued);
  int pipe = -1;
  ASSERT_TRUE(zo.until([&] { return (pipe = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; }));
  std::filesystem::remove(path);
  ASSERT_TRUE(zo.wait(zo.files().write("data.csv", lines)));
  EXPECT_EQ(::write(pipe, lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  ::close(pipe);
  reader.read_to<event::RunFinished>();
  expect_golden("queued_message", reader.events);
}

TEST(Golden, RestartedStep) {
  TestComputer zo;
  zo.model.when("haiku").says("Rain on the old roof taps").in_chunks(6).hangs_after(4).times(1).then_says("Rain on the tin roof\nwrites all night").in_chunks(20);
  const Started started = zo.start("Write a haiku about rain.");
  Reader reader(zo, started.run.id);
  ASSERT_TRUE(wait_for_text(zo, started, "Rain on the old ro"));
  reader.read_to<event::Text>();
  zo.restart();
  reader.watch();
  reader.read_to<event::RunFinished>();
  expect_golden("restarted_step", reader.events);
}

TEST(Golden, RestartedDuringCall) {
  TestComputer zo;
  make_pipe(zo.workspace() + "/log.txt");  // nobody reads it: the command never ends
  zo.model.when("log.txt").calls("shell", {{"command", "echo one >> log.txt"}}).then_says("I will look before I try again.");
  const Started started = zo.start("Append one line to log.txt.");
  Reader reader(zo, started.run.id);
  reader.read_to<event::ToolStarted>();
  zo.restart();
  reader.watch();
  reader.read_to<event::RunFinished>();
  expect_golden("restarted_during_call", reader.events);
}

TEST(Golden, CancelledCall) {
  TestComputer zo;
  zo.model.says("I will wait.").and_calls("shell", {{"command", "sleep 60"}});
  const Started started = zo.start("Sleep for a minute, then tell me.");
  Reader reader(zo, started.run.id);
  reader.read_to<event::ToolStarted>();
  cancel(zo, started);
  reader.read_to<event::RunFinished>();
  expect_golden("cancelled_call", reader.events);
}

TEST(Golden, CancelledAnswer) {
  TestComputer zo;
  zo.model.says("Once, in a town by the sea, there lived").in_chunks(13).hangs_after(3);
  const Started started = zo.start("Write a long story.");
  Reader reader(zo, started.run.id);
  ASSERT_TRUE(wait_for_text(zo, started, "Once, in a town by the sea"));
  cancel(zo, started);
  reader.read_to<event::RunFinished>();
  expect_golden("cancelled_answer", reader.events);
}

TEST(Golden, Failed) {
  TestComputer zo;
  zo.model.fails(503, "", {{"retry-after-ms", "100"}});
  zo.model.sends(chunk("content", "Hel") + "data: {\"error\":{\"message\":\"the key was revoked\",\"code\":\"invalid_api_key\"}}\n\n");
  expect_golden("failed", zo, zo.start("Hello"));
}

TEST(Golden, TrimmedAndLimited) {
  TestComputer zo;
  std::optional<ConversationId> conversation;
  for (int i = 0; i < 5; ++i) conversation = zo.ask(std::string(90'000, 'a'), conversation).conversation;
  zo.model.when("Go on").calls("list_files", {}).times(2);
  RunRequest request{.person = zo.owner(), .conversation = conversation, .text = "Go on.", .steps_max = 2};
  expect_golden("trimmed_and_limited", zo, *zo.wait(zo->agents.start(std::move(request))));
}

TEST(Golden, SubAgents) {
  TestComputer zo;
  zo.model.when("Compare").says("I will read them side by side.").and_calls("spawn_agents", {{"prompts", {"Read q1.md", "Read q2.md", "Read q3.md"}}})
      .then_says("Up, flat, down.");
  zo.model.when("q1.md").says("up");
  zo.model.when("q2.md").says("flat");
  zo.model.when("q3.md").says("down");
  expect_golden("sub_agents", zo, zo.start("Compare the three reports."));
}

TEST(Golden, LeftFiles) {
  TestComputer zo;
  zo.model.calls("write_file", {{"path", "made/.envrc"}, {"content", "export STAGE=test\n"}});
  zo.model.then_calls("edit_file", {{"path", "made/.envrc"}, {"old", "test"}, {"new", "live"}}).then_says("direnv sets STAGE there.");
  expect_golden("left_files", zo, zo.start("Let direnv set STAGE in made."));
}

// --- told by a feed and a watcher, filled by hand ---------------------------------------------------------------------------------

// A run that is over, told again by a feed that the test fills after its two first events; those are read from the store.
struct Retold {
  Told told;
  std::shared_ptr<RunFeed> feed;
  std::shared_ptr<PartialMessage> partial = std::make_shared<PartialMessage>();

  Retold(TestComputer& zo, const std::string& question, const std::string& answer) {
    zo.model.says(answer).in_chunks(1);  // so that the message's own number is far behind those told again
    told = zo.ask(question);
    feed = std::make_shared<RunFeed>(zo.io.get_executor(), 2);
    feed->publish(event::StepStarted{1});
  }
  void write(const std::string& text) { partial->add(1, feed->publish(event::Text{1, text}), text); }
  void end() {
    const std::int64_t message = feed->reserve();
    feed->settle(message, event::MessageSaid{std::make_shared<const Message>(told.messages.back()), partial->range});
    told.run.last_event = feed->reserve();
    feed->settle(told.run.last_event, event::RunFinished{std::make_shared<const Run>(told.run)});
    feed->close();
  }
  std::unique_ptr<Watcher> watch(TestComputer& zo) { return std::make_unique<Watcher>(zo->store, zo.owner(), told.run.id, feed, partial, 0); }
};

// Only the embedded model loads.
TEST(Golden, LoadingModel) {
  TestComputer zo;
  Retold again(zo, "Hello", "Hello.");
  again.feed->publish(event::ModelState{"loading the model"});
  again.feed->publish(event::ModelState{});
  again.write("Hello.");
  again.end();
  const std::unique_ptr<Watcher> watcher = again.watch(zo);
  std::vector<RunEventPtr> events;
  while (!at_end<event::RunFinished>(events))
    for (RunEventPtr& event : *zo.wait(watcher->next())) events.push_back(std::move(event));
  expect_golden("loading_model", events);
}

// A reader who falls behind in the middle of a text: a delta of half a megabyte pushes the ones before it out of the ring.
TEST(Golden, LostDeltas) {
  TestComputer zo;
  Retold again(zo, "Tell me about rivers.", "Rivers carry water from the hills to the sea.");
  const std::unique_ptr<Watcher> watcher = again.watch(zo);
  std::vector<RunEventPtr> events;
  const auto read = [&] { for (RunEventPtr& event : *zo.wait(watcher->next())) events.push_back(std::move(event)); };
  again.write("Rivers ");
  read();
  read();
  again.write("carry water from the hills ");
  again.partial->add(1, again.feed->publish(event::Text{1, std::string(limits::kFeedRingBytes / 2, ' ')}));
  read();
  again.write("to the sea.");
  again.end();
  while (!at_end<event::RunFinished>(events)) read();
  expect_golden("lost_deltas", events);
}

}  // namespace
}  // namespace zo
