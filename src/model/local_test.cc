#include "model/local.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <deque>
#include <list>

#include "base/json.h"
#include "base/text.h"
#include "model/local_answer.h"
#include "model/block_answer.h"
#include "os/file.h"
#include "testing/admit_all.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr char kCall[] = "```bash\nls\n```";

// What stands for llama.cpp's server: it answers on the socket what the test says, until it is killed.
class FakeProcess {
 public:
  FakeProcess(asio::io_context& io, Scope& scope, std::deque<std::string>& script, std::vector<std::string>& asked)
      : scope_(scope), script_(script), asked_(asked), changed_(io.get_executor()),
        server_(io.get_executor(), clock_, admit_all(std::bind_front(&FakeProcess::handle, this), limits::kHttpBodyBytes)) {}

  void listen(const std::string& socket) { ASSERT_TRUE(server_.listen_unix(socket)); }
  void end(int code) {
    if (exit_code) return;
    exit_code = code;
    changed_.notify_all();
    scope_.spawn("stop", server_.stop());
  }
  Task<int> wait() {
    while (!exit_code) co_await changed_.wait();
    co_return *exit_code;
  }

  std::optional<int> exit_code;
  bool dies_when_asked = false;
  bool silent = false;  // it takes questions and does not answer
  bool deserted = false;  // and who asked has gone
  int loading = 0;      // so often it is not ready yet

 private:
  Task<void> handle(HttpRequest request, HttpResponder& responder) {
    if (request.path == "/health") {
      const bool ready = loading == 0;
      if (!ready) --loading;
      HttpReply reply{.status = ready ? 200 : 503, .body = "{}"};
      co_await responder.reply(std::move(reply));
      co_return;
    }
    if (request.path == "/slots/0") {
      asked_.push_back(request.parameter("action").value_or("") + " " + text_at(*parse_json(request.body, "slot"), "filename"));
      HttpReply reply{.body = "{}"};
      co_await responder.reply(std::move(reply));
      co_return;
    }
    asked_.push_back(request.body);
    if (dies_when_asked) end(137);
    if (silent || dies_when_asked) {
      co_await responder.client_gone();
      deserted = true;
      co_return;
    }
    HttpReply reply{.headers = {{"content-type", "text/event-stream"}}, .body = next_stream()};
    co_await responder.reply(std::move(reply));
  }

  // A scripted text, a few bytes a chunk; "…" at its end means that it was cut off.
  std::string next_stream() {
    std::string text = script_.empty() ? "ok" : script_.front();
    if (!script_.empty()) script_.pop_front();
    const bool cut = text.ends_with("…");
    if (cut) text.resize(text.size() - std::string_view("…").size());
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3)
      out += "data: " + to_text(JsonObject{{"choices", JsonArray{JsonObject{{"index", 0}, {"delta", JsonObject{{"content", text.substr(i, 3)}}}}}}}) + "\n\n";
    out += std::string(R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":")") + (cut ? "length" : "stop") + "\"}]}\n\n";
    out += R"(data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":90}}})" "\n\n";
    return out + "data: [DONE]\n\n";
  }

  Scope& scope_;
  std::deque<std::string>& script_;
  std::vector<std::string>& asked_;
  Condition changed_;
  RealClock clock_;
  HttpServer server_;
};

class FakeService final : public SandboxedService {
 public:
  FakeService(FakeProcess& process, std::string log) : process_(process), log_(std::move(log)) {}
  ~FakeService() override { process_.end(137); }
  Task<int> wait() override { return process_.wait(); }
  void kill() override { process_.end(137); }
  std::string output_tail() const override { return log_; }

 private:
  FakeProcess& process_;
  std::string log_;
};

struct LocalModelTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  Threads threads{"test", 1};
  HttpClient http{io.get_executor(), nullptr};
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  Scope scope{io.get_executor()};
  std::deque<std::string> script;
  std::vector<std::string> asked;           // bodies
  std::list<FakeProcess> processes;         // in the order of their starts
  std::vector<SandboxService> started;
  std::function<void(FakeProcess&)> prepare = [](FakeProcess&) {};
  std::vector<std::string> told;            // of the last answer
  std::optional<LocalModel> local;

  void SetUp() override {
    ASSERT_TRUE(make_folders(folder / "cache/models"));
    ASSERT_TRUE(make_folders(folder / "run/model"));
    write_whole_file(folder / "cache/program.json", R"({"kind":"python","path":"/usr/bin/env","folders":[]})");
    local.emplace(io.get_executor(), clock, threads, http, notices, [this](SandboxService service) { return start(std::move(service)); }, folder / "cache",
                  folder / "run");
  }
  void TearDown() override {
    run(io, local->stop());
    for (FakeProcess& process : processes) process.end(0);
    run(io, scope.wait());
  }
  void install(const std::string& name) { write_whole_file(folder / ("cache/models/" + name + ".gguf"), "GGUF"); }

  Task<Result<std::unique_ptr<SandboxedService>>> start(SandboxService service) {
    FakeProcess& process = processes.emplace_back(io, scope, script, asked);
    prepare(process);
    if (!process.exit_code) process.listen(service.folder + "/m.sock");
    started.push_back(std::move(service));
    co_return std::make_unique<FakeService>(process, "loading\nIllegal instruction\n");
  }

  ModelRequest question() {
    ModelRequest request{.model = kUsualModel};
    request.messages.push_back({.text = "hi"});
    request.tools.push_back({.name = "shell", .parameters = R"({"type":"object","properties":{"command":{"type":"string"}},"required":["command"]})",
                             .small = SmallForm{.blocks = {{.word = "bash", .body = "command"}}}});
    return request;
  }
  ModelRequest after_a_call() {
    ModelRequest request = question();
    request.messages.push_back({.role = ModelMessage::Role::Assistant, .calls = {{"call_1", "shell", R"({"command":"ls"})"}}});
    request.messages.push_back({.role = ModelMessage::Role::Tool, .text = "a.txt", .call_id = "call_1", .call_name = "shell"});
    return request;
  }

  Task<Result<ModelReply>> ask_telling(ModelRequest request) {
    told.clear();
    auto tell = [this](Delta delta) {
      if (const auto* state = std::get_if<delta::State>(&delta)) told.push_back("[" + state->text + "]");
      if (const auto* text = std::get_if<delta::Text>(&delta)) told.push_back(text->text);
      if (const auto* call = std::get_if<delta::CallStart>(&delta)) told.push_back("▸" + call->name);
    };
    BlockAnswer answer(*local, request, std::move(tell));
    Task<Result<ModelReply>> asking = answer.give();
    co_return co_await std::move(asking);
  }
  // Lets pauses pass, and nothing else: the idle process waits for minutes, and what a socket is given is real time.
  Task<void> let_time_pass() {
    for (;;) {
      std::int64_t pause = 0;
      const auto paused = [this, &pause] {
        const auto found = std::ranges::find_if(clock.sleeps(), [](std::int64_t ms) { return ms != kBodyEndMs && ms <= kLocalPauseMsMax; });
        if (found != clock.sleeps().end()) pause = *found;
        return pause != 0;
      };
      co_await eventually(paused, 60'000);
      clock.advance(pause);
      // Whoever was woken goes on before time passes again.
      const auto woken = [this, before = clock.woken()] { return clock.woken() != before; };
      co_await eventually(woken);
    }
  }
  std::size_t processes_alive() const {
    return static_cast<std::size_t>(std::ranges::count_if(processes, [](const FakeProcess& p) { return !p.exit_code; }));
  }
  Task<Result<ModelReply>> ask_while_time_passes(ModelRequest request) {
    Scope::Child time = scope.spawn("time", let_time_pass());
    Task<Result<ModelReply>> asking = ask_telling(std::move(request));
    Result<ModelReply> reply = co_await std::move(asking);
    time.cancel();
    co_return reply;
  }
  // The text or the call, else the error.
  std::string ask(ModelRequest request) {
    const Result<ModelReply> reply = run(io, ask_while_time_passes(std::move(request)));
    if (!reply) return std::string(code_name(reply.error().code)) + ": " + reply.error().message;
    std::string out = reply->text;
    for (const ModelCall& call : reply->calls) out += call.id + " " + call.name + call.arguments;
    return out;
  }
  std::string state_of(const std::string& name) {
    for (const ModelInfo& info : run(io, local->models({})))
      if (info.name == "local/" + name) return std::string(state_name(info.state));
    return "none";
  }
  std::string everything_told() const { return join(told, ""); }
  // How the usual model stands whenever it is said that something has changed.
  Task<void> look_when_told(NoticeReader reader, std::string& seen) {
    std::string last;
    while (!(co_await reader.next()).empty()) {
      const std::vector<ModelInfo> models = co_await local->models({});
      const std::string state(state_name(models.at(0).state));
      if (state != last) seen += state + " ";
      last = state;
    }
  }
};

TEST_F(LocalModelTest, SaysWhatIsMissing) {
  const std::vector<ModelInfo> models = run(io, local->models({}));
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(std::string(state_name(models[0].state)) + " " + models[0].detail, "not_installed zo model install fetches it (1,117 MB)");
  EXPECT_EQ(run(io, local->profile({}, ""))->name, "local/qwen2.5-coder-1.5b");
  EXPECT_EQ(ask(question()), "unavailable: no model is installed on this machine");
  EXPECT_TRUE(started.empty());
  run(io, local->warm(kUsualModel, {}));
}

TEST_F(LocalModelTest, StartsOnFirstUseAndOnce) {
  install(kUsualModel);
  prepare = [](FakeProcess& process) { process.loading = 3; };
  EXPECT_EQ(state_of(kUsualModel), "stopped");
  script = {"Good day.", kCall};
  EXPECT_EQ(ask(question()), "Good day.");
  EXPECT_EQ(everything_told(), "[loading the model]Good day.");
  EXPECT_EQ(state_of(kUsualModel), "ready");
  EXPECT_EQ(ask(question()), R"(call_1 shell{"command":"ls"})");
  EXPECT_EQ(everything_told(), "▸shell");
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].readable[0].host, folder / "cache/models/qwen2.5-coder-1.5b.gguf");
  EXPECT_EQ(started[0].folder, folder / "run/model");
  EXPECT_EQ(started[0].memory_bytes, std::size_t{4'096} * limits::MiB);
}

TEST_F(LocalModelTest, EveryChangeOfItsStateIsTold) {
  install(kUsualModel);
  prepare = [](FakeProcess& process) { process.loading = 3; };
  std::string seen;
  scope.spawn("look", look_when_told(notices.listen(PersonId::stored("01J00000000000000000000000"), std::nullopt), seen));
  ASSERT_TRUE(run(io, eventually([&] { return seen == "stopped "; })));
  EXPECT_EQ(ask(question()), "ok");
  EXPECT_TRUE(run(io, eventually([&] { return seen == "stopped loading ready "; }))) << seen;
  processes.front().end(0);
  EXPECT_TRUE(run(io, eventually([&] { return seen == "stopped loading ready stopped "; }))) << seen;
  notices.stop();
}

TEST_F(LocalModelTest, ReadsThePromptAhead) {
  install(kUsualModel);
  run(io, local->warm(kUsualModel, question().tools));
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(integer_at(*parse_json(asked[0], "body"), "max_tokens"), 0);
  EXPECT_TRUE(asked[1].starts_with("save prefix-")) << asked[1];
  EXPECT_EQ(ask(question()), "ok");
  EXPECT_EQ(everything_told(), "ok") << "it was loaded already";
}

TEST_F(LocalModelTest, WhatItHasReadIsRestoredAtTheNextStart) {
  install(kUsualModel);
  run(io, local->warm(kUsualModel, question().tools));
  const std::string file = asked.at(1).substr(asked[1].find(' ') + 1);
  write_whole_file(folder / ("run/model/" + file), "slot");
  write_whole_file(folder / "run/model/prefix-old.bin", "slot");
  processes.front().end(0);
  asked.clear();
  EXPECT_EQ(ask(question()), "ok");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0], "restore " + file);
  processes.back().end(0);
  asked.clear();
  run(io, local->warm(kUsualModel, question().tools));
  EXPECT_EQ(asked, std::vector<std::string>{"restore " + file}) << "and is not read again";
  run(io, local->warm(kUsualModel, {}));
  EXPECT_EQ(asked.size(), 3u) << "another prompt is";
  EXPECT_NE(::access((folder / "run/model/prefix-old.bin").c_str(), F_OK), 0);
}

TEST_F(LocalModelTest, AnyInstalledModelCanBeStartedAhead) {
  install(kUsualModel);
  install(kSmallModel);
  run(io, local->warm(kSmallModel, question().tools));
  EXPECT_EQ(state_of(kUsualModel) + " " + state_of(kSmallModel), "stopped ready");
  run(io, local->warm("unknown", question().tools));
  EXPECT_EQ(started.size(), 1u);
}

TEST_F(LocalModelTest, ARepeatedCallBecomesAReply) {
  install(kUsualModel);
  script = {kCall, "There is a.txt."};
  EXPECT_EQ(ask(after_a_call()), "There is a.txt.");
  EXPECT_EQ(everything_told(), "[loading the model]There is a.txt.");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(string_at(*parse_json(asked[1], "body"), "grammar")->starts_with("root ::= reply\n"));
}

TEST_F(LocalModelTest, AReplyIsPutIntoTheFormThatWasAskedFor) {
  install(kUsualModel);
  ModelRequest request = question();
  request.response_schema = R"({"type":"object"})";
  script = {"seven", R"({"n":7})"};
  EXPECT_EQ(ask(std::move(request)), R"({"n":7})");
  EXPECT_EQ(everything_told(), R"([loading the model]{"n":7})");
}

TEST_F(LocalModelTest, WhatIsCutOffIsNeverRun) {
  install(kUsualModel);
  script = {"```bash\nrm -r build…", "Once upon…"};
  EXPECT_EQ(ask(question()), "exhausted: local/qwen2.5-coder-1.5b: the call of 'shell' was cut off at 10 tokens, and was not run");
  EXPECT_EQ(ask(question()), "Once upon");
}

TEST_F(LocalModelTest, AProcessThatDiedIsStartedAgain) {
  install(kUsualModel);
  EXPECT_EQ(ask(question()), "ok");
  processes.back().end(137);
  EXPECT_EQ(ask(question()), "ok");
  EXPECT_EQ(started.size(), 2u);
  EXPECT_EQ(everything_told(), "[loading the model]ok");
}

TEST_F(LocalModelTest, AProcessThatDiesBeforeItsFirstWordIsAskedAgain) {
  install(kUsualModel);
  prepare = [this](FakeProcess& process) { process.dies_when_asked = processes.size() == 1; };
  EXPECT_EQ(ask(question()), "ok");
  EXPECT_EQ(started.size(), 2u);
  EXPECT_EQ(everything_told(), "[loading the model][the model ended, and is started again][loading the model]ok");
}

TEST_F(LocalModelTest, GivesUpWithTheEndOfTheLog) {
  install(kUsualModel);
  prepare = [](FakeProcess& process) { process.exit_code = 132; };
  const std::string said = ask(question());
  EXPECT_EQ(said, "unavailable: Qwen2.5-Coder 1.5B ended before it was ready (signal 4): loading Illegal instruction");
  EXPECT_EQ(started.size(), 4u);
  EXPECT_EQ(state_of(kUsualModel), "failed");
  EXPECT_NE(ask(question()).find("(tried 4 times; the next try in"), std::string::npos);
  EXPECT_EQ(started.size(), 4u);
  clock.advance(kLocalPauseMsMax);
  prepare = [](FakeProcess&) {};
  EXPECT_EQ(ask(question()), "ok");
}

TEST_F(LocalModelTest, StopsAfterTenIdleMinutes) {
  install(kUsualModel);
  EXPECT_EQ(ask(question()), "ok");
  clock.advance(kLocalIdleMs - 1'000);
  EXPECT_EQ(state_of(kUsualModel), "ready");
  EXPECT_EQ(ask(question()), "ok");
  clock.advance(1'000);
  EXPECT_EQ(state_of(kUsualModel), "ready") << "it was used a second ago";
  const auto gone = [&] { return processes.back().exit_code.has_value(); };
  const auto asleep = [&] { return clock.wakes_within(kLocalIdleMs); };
  ASSERT_TRUE(run(io, eventually(asleep)));
  clock.advance(kLocalIdleMs);
  EXPECT_TRUE(run(io, eventually(gone)));
  EXPECT_EQ(state_of(kUsualModel), "stopped");
}

TEST_F(LocalModelTest, OnlyOneModelRunsAtATime) {
  install(kUsualModel);
  install(kSmallModel);
  EXPECT_EQ(ask(question()), "ok");
  ModelRequest other = question();
  other.model = kSmallModel;
  EXPECT_EQ(ask(std::move(other)), "ok");
  EXPECT_EQ(state_of(kUsualModel) + " " + state_of(kSmallModel), "stopped ready");
  EXPECT_EQ(processes_alive(), 1u);
}

TEST_F(LocalModelTest, AnswersOneAfterTheOtherAndSaysWhenTooManyWait) {
  install(kUsualModel);
  prepare = [](FakeProcess& process) { process.silent = true; };
  const auto request = question();
  struct Asker {
    static Task<void> ask(LocalModel& local, ModelRequest request, std::vector<std::string>& said) {
      auto note = [&said](Delta delta) {
        if (const auto* state = std::get_if<delta::State>(&delta)) said.push_back(state->text);
      };
      Task<Result<ModelReply>> asking = local.stream(std::move(request), std::move(note));
      const Result<ModelReply> reply = co_await std::move(asking);
      if (!reply) said.push_back(reply.error().message);
    }
  };
  std::vector<std::string> said;
  Scope askers(io.get_executor());
  askers.spawn("first", Asker::ask(*local, request, said));
  const auto is_asked = [&] { return asked.size() == 1; };
  ASSERT_TRUE(run(io, eventually(is_asked)));
  for (int i = 0; i < 17; ++i) askers.spawn("next", Asker::ask(*local, request, said));
  const auto all_said = [&] { return said.size() == 18; };
  EXPECT_TRUE(run(io, eventually(all_said)));
  EXPECT_EQ(said.front() + " · " + said[1], "loading the model · the model is busy with another request");
  EXPECT_EQ(said.back(), "the model on this machine is busy, and 16 requests wait already, limit 16");
  EXPECT_EQ(asked.size(), 1u);
  run(io, askers.stop());
}

TEST_F(LocalModelTest, CancellingEndsTheQuestion) {
  install(kUsualModel);
  prepare = [](FakeProcess& process) { process.silent = true; };
  Scope askers(io.get_executor());
  struct Asker {
    static Task<void> ask(LocalModel& local, ModelRequest request) {
      Task<Result<ModelReply>> asking = local.stream(std::move(request), [](Delta) {});
      co_await std::move(asking);
    }
  };
  askers.spawn("asker", Asker::ask(*local, question()));
  const auto is_asked = [&] { return asked.size() == 1; };
  ASSERT_TRUE(run(io, eventually(is_asked)));
  run(io, askers.stop());
  const auto deserted = [&] { return processes.back().deserted; };
  EXPECT_TRUE(run(io, eventually(deserted)));
  processes.back().silent = false;
  EXPECT_EQ(ask(question()), "ok") << "the next is served by the same process";
  EXPECT_EQ(started.size(), 1u);
}

}  // namespace
}  // namespace zo
