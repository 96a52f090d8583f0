#include "model/models.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "model/known_models.h"
#include "model/provider_settings.h"
#include "store/store.h"
#include "testing/admit_all.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/scripted_model.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// Stands for the model on this machine.
class StandInModel final : public Provider {
 public:
  std::string_view name() const override { return "local"; }
  Task<std::vector<ModelInfo>> models(PersonId) override {
    co_return std::vector<ModelInfo>{{.name = "local/coder-1.5b", .label = "Coder", .provider = "local", .source = ModelSource::Embedded, .state = ModelState::Ready}};
  }
  Task<Result<ModelProfile>> profile(PersonId, std::string model) override {
    if (model.empty() || model == "coder-1.5b") co_return ModelProfile{.name = "local/coder-1.5b", .tool_calls = ToolCalls::Blocks};
    co_return fail(Code::Invalid, "no model 'local/" + model + "'");
  }
  Task<Result<ModelReply>> stream(ModelRequest request, OnDelta on_delta) override {
    if (request.grammar.empty()) co_return ModelReply{.text = "local " + request.model};
    on_delta(delta::Text{"```bash\nls\n```"});
    co_return ModelReply{.usage = {10, 5, 0}};
  }
};

struct ModelsTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  HttpClient http{io.get_executor(), nullptr};
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  ScriptedModel server{io.get_executor(), clock};
  StandInModel local;
  SeededDice dice{1};
  std::unique_ptr<Store> store = open();
  PersonId person = PersonId::stored("01J00000000000000000000000");
  // Programs that may run on the machine of whoever runs this test must not be found.
  std::map<std::string, std::string> variables = {{"OLLAMA_HOST", "127.0.0.1:1"}, {"LMSTUDIO_BASE_URL", "http://127.0.0.1:1"}, {"VLLM_BASE_URL", "http://127.0.0.1:1"}};
  KeySource keys{{}};
  std::optional<Models> models;

  std::unique_ptr<Store> open() {
    auto opened = Store::open({folder / "zo.db", folder / "backup"});
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  void SetUp() override {
    auto add = [this](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, ?, ?)", person, "Ada", 1);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(add)));
    restart();
  }
  void TearDown() override { run(io, server.stop()); }
  void restart() {
    const ModelEnvironment environment{variables};
    keys = KeySource(provider_keys(environment));
    models.emplace(clock, dice, http, *store, notices, keys, local, environment);
  }

  std::string name_of(std::string wanted) {
    const auto profile = run(io, models->resolve(person, std::move(wanted)));
    return profile ? profile->name : profile.error().message;
  }
  std::string source_of(std::string wanted) { return run(io, models->source_of_choice(person, std::move(wanted))); }
  std::string state_of(std::string_view name) {
    for (const ModelInfo& info : run(io, models->list(person)))
      if (info.name == name) return std::string(state_name(info.state));
    return "absent";
  }
};

TEST_F(ModelsTest, AnswersWithTheEmbeddedModelUntilSomeoneChooses) {
  variables["OPENAI_API_KEY"] = "k";
  restart();
  for (const char* no_wish : {"", "default", "vercel:minimax/minimax-m2.7"}) {
    EXPECT_EQ(name_of(no_wish), "local/coder-1.5b");
    EXPECT_EQ(source_of(no_wish), "embedded");
  }
  EXPECT_EQ(state_of("openai/gpt-5.4"), "offered");
}

TEST_F(ModelsTest, PrefersTheRequestThenTheEnvironmentThenTheOwner) {
  variables["OPENAI_API_KEY"] = "k";
  variables["ANTHROPIC_API_KEY"] = "k";
  restart();
  ASSERT_TRUE(run(io, models->use(person, "gpt-5.4")));
  EXPECT_EQ(name_of(""), "openai/gpt-5.4");
  EXPECT_EQ(source_of(""), "owner");
  EXPECT_EQ(state_of("openai/gpt-5.4-mini"), "ready");
  EXPECT_EQ(state_of("anthropic/claude-haiku-4-5"), "offered");

  variables["ZO_MODEL"] = "anthropic/claude-new";
  restart();
  EXPECT_EQ(name_of(""), "anthropic/claude-new");
  EXPECT_EQ(source_of(""), "environment");
  EXPECT_EQ(state_of("anthropic/claude-new"), "ready") << "a model that was named is in the list";
  EXPECT_EQ(name_of("local/coder-1.5b"), "local/coder-1.5b");
  EXPECT_EQ(source_of("local"), "request");

  variables.erase("ZO_MODEL");
  restart();
  EXPECT_EQ(name_of(""), "openai/gpt-5.4") << "the owner's choice outlives a restart";
  ASSERT_TRUE(run(io, models->use(person, "")));
  EXPECT_EQ(source_of(""), "embedded");
}

TEST_F(ModelsTest, RefusesAnUnknownNameWithNearOnes) {
  variables["OPENAI_API_KEY"] = "k";
  restart();
  const auto profile = run(io, models->resolve(person, "opnai/gpt-5.4"));
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, Code::Invalid);
  EXPECT_TRUE(profile.error().message.starts_with("no model 'opnai/gpt-5.4'; near: openai/gpt-5.4")) << profile.error().message;
  EXPECT_EQ(name_of("zzzzzzzzzzzzzzzzzzzzzzzz").substr(0, 65), "no model 'zzzzzzzzzzzzzzzzzzzzzzzz'; here: local/coder-1.5b, open");
  EXPECT_EQ(name_of("openai/" + std::string(200, 'x')), "a model's name has at most 200 bytes of UTF-8");
  variables["ZO_MODEL"] = "nonsense/nothing";
  restart();
  EXPECT_TRUE(name_of("").starts_with("ZO_MODEL: no model 'nonsense/nothing'"));
}

TEST_F(ModelsTest, SaysWhichKeyIsMissing) {
  const auto profile = run(io, models->resolve(person, "groq/openai/gpt-oss-120b"));
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error(), (Error{Code::Invalid, "Groq has no key here, so 'groq/openai/gpt-oss-120b' cannot answer",
                                    "zo key add NAME --provider groq --stdin, or set GROQ_API_KEY and start again"}));
}

TEST_F(ModelsTest, AcceptsAnyModelOfAKeyWithItsContext) {
  variables["OPENROUTER_API_KEY"] = "k";
  restart();
  const auto profile = run(io, models->resolve(person, "openrouter/anthropic/claude-new:free"));
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->name, "openrouter/anthropic/claude-new:free");
  EXPECT_EQ(profile->context_tokens, 200'000);
  EXPECT_EQ(run(io, models->resolve(person, "openrouter/strange"))->context_tokens, 128'000);
}

TEST_F(ModelsTest, FindsWhatAServerOnLoopbackHas) {
  variables["OLLAMA_HOST"] = server.url().substr(7);  // as people write it, without a scheme
  restart();
  EXPECT_EQ(state_of("ollama/scripted"), "offered");
  const auto profile = run(io, models->resolve(person, "ollama/scripted"));
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->context_tokens, 4'096) << "what Ollama loads a model with, unless it says otherwise";
  EXPECT_EQ(profile->tool_output_bytes, 6'000u);
  EXPECT_EQ(name_of("scripted"), "ollama/scripted");
  EXPECT_EQ(name_of("ollama/scriptd"), "no model 'ollama/scriptd'; near: ollama/scripted");
  EXPECT_EQ(state_of("ollama/scripted"), "offered") << "it was only looked at";
}

// Nobody is paid for what a program at home says; a provider's address may lead to one who is.
TEST_F(ModelsTest, KnowsWhichModelsAreAtHome) {
  variables["OLLAMA_HOST"] = server.url().substr(7);
  variables["OPENAI_BASE_URL"] = server.url() + "/v1";
  variables["VLLM_BASE_URL"] = "http://192.168.7.7:8000/v1";
  variables["LMSTUDIO_BASE_URL"] = "http://box.example:1234/v1";
  restart();
  const auto at_home = [&](std::string name) { return run(io, models->resolve(person, std::move(name)))->at_home; };
  EXPECT_TRUE(at_home("ollama/scripted"));
  EXPECT_FALSE(at_home("openai/scripted"));
  EXPECT_TRUE(at_home("vllm/some"));
  EXPECT_FALSE(at_home("vllm/glm-4.6:cloud"));
  EXPECT_FALSE(at_home("vllm/gpt-oss:120b-cloud"));
  EXPECT_FALSE(at_home("lmstudio/some"));
}

TEST_F(ModelsTest, SaysThatAServerOnLoopbackDoesNotAnswer) {
  const auto profile = run(io, models->resolve(person, "ollama/llama3"));
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error(), (Error{Code::Unavailable, "Ollama does not answer at http://127.0.0.1:1/v1", "start Ollama, or set OLLAMA_HOST"}));
}

TEST_F(ModelsTest, StreamsFromTheProviderThatTheNameBeginsWith) {
  variables["OPENAI_BASE_URL"] = server.url() + "/v1/";  // an address without a key is enough
  restart();
  server.says("From afar.");
  const auto ask = [&](std::string name) {
    const auto profile = run(io, models->resolve(person, std::move(name)));
    return run(io, models->stream(*profile, ModelRequest{}, [](const Delta&) {}))->text;
  };
  EXPECT_EQ(ask("openai/some/model"), "From afar.");
  EXPECT_EQ(ask(""), "local coder-1.5b");
  EXPECT_EQ(server.seen().at(0).path, "/v1/chat/completions");
  EXPECT_EQ(server.seen().at(0).header("authorization"), "");
}

TEST_F(ModelsTest, AProviderIsReadyOnceItWasAsked) {
  variables["OLLAMA_HOST"] = server.url().substr(7);
  restart();
  server.says("From afar.");
  ASSERT_TRUE(run(io, models->stream(*run(io, models->resolve(person, "ollama/scripted")), ModelRequest{}, [](const Delta&) {})));
  EXPECT_EQ(state_of("ollama/scripted"), "ready");
}

// A server on loopback that writes down the heads of what it is asked.
struct Listener {
  std::vector<HttpRequest> seen;
  std::map<std::string, std::string, std::less<>> says;  // by path; else a list of one model
  RealClock clock;
  HttpServer server;
  explicit Listener(const Executor& executor)
      : server(executor, clock, admit_all([this](HttpRequest request, HttpResponder& out) { return answer(std::move(request), out); }, 10'000)) {
    if (!server.listen_tcp("127.0.0.1:0")) throw std::runtime_error("cannot listen");
  }
  Task<void> answer(HttpRequest request, HttpResponder& out) {
    const auto told = says.find(request.path);
    const std::string body = told != says.end() ? told->second : R"({"data":[{"id":"here"}]})";
    seen.push_back(std::move(request));
    co_await out.reply({200, {{"Content-Type", "application/json"}}, body});
  }
};

TEST_F(ModelsTest, TheWindowIsThatOfWhatRuns) {
  Listener listener(io.get_executor());
  const std::string base = "http://127.0.0.1:" + std::to_string(listener.server.port());
  const auto window = [&](std::string_view model) {
    restart();
    const auto profile = run(io, models->resolve(person, std::string(model)));
    return profile ? profile->context_tokens : -1;
  };
  variables = {{"OLLAMA_HOST", base}, {"OPENAI_BASE_URL", base + "/v1"}, {"VLLM_BASE_URL", base}};
  EXPECT_EQ(window("ollama/here"), 4'096) << "what it loads a model with unless it was told more";
  listener.says["/api/show"] = R"({"parameters":"stop \"x\"\nnum_ctx                        16384","model_info":{"llama.context_length":131072}})";
  EXPECT_EQ(window("ollama/here"), 16'384);
  listener.says["/api/ps"] = R"({"models":[{"name":"other:latest","context_length":1},{"name":"here:latest","context_length":32768}]})";
  EXPECT_EQ(window("ollama/here"), 32'768);
  listener.says["/v1/models"] = R"({"data":[{"id":"here","max_model_len":8192}]})";
  EXPECT_EQ(window("vllm/here"), 8'192);
  EXPECT_EQ(window("openai/here"), 8'192) << "a server of the owner's under a provider's name";
  run(io, listener.server.stop());
}

TEST_F(ModelsTest, AChoiceAndTheFirstUseOfAProviderAreTold) {
  variables["OPENAI_API_KEY"] = "sk-test";
  variables["OPENAI_BASE_URL"] = server.url() + "/v1";
  restart();
  NoticeReader reader = notices.listen(person, std::nullopt);
  run(io, reader.next());
  const auto is_told = [&] { return run(io, reader.next()).at(0).notice == Notice{Notice::What::Models, ""}; };
  ASSERT_TRUE(run(io, models->use(person, "openai/scripted")));
  EXPECT_TRUE(is_told());
  for (int asked = 0; asked < 2; ++asked)
    ASSERT_TRUE(run(io, models->stream(*run(io, models->resolve(person, "")), {.person = person, .messages = {{.text = "hi"}}}, [](Delta) {})));
  EXPECT_TRUE(is_told());
  ASSERT_TRUE(run(io, models->use(person, "")));
  EXPECT_EQ(run(io, reader.next()).at(0).number, clock.now() + 3) << "the second question was nothing new";
}

TEST_F(ModelsTest, LookingUsesNoKey) {
  Listener listener(io.get_executor());
  const std::string base = "http://127.0.0.1:" + std::to_string(listener.server.port());
  variables = {{"OPENAI_BASE_URL", base + "/v1"}, {"OPENAI_API_KEY", "secret-one"}, {"ANTHROPIC_BASE_URL", base}, {"ANTHROPIC_API_KEY", "secret-two"},
               {"OLLAMA_HOST", base}, {"LMSTUDIO_BASE_URL", "http://127.0.0.1:1"}, {"VLLM_BASE_URL", "http://127.0.0.1:1"}};
  restart();
  for (const char* name : {"openai/here", "anthropic/here", "ollama/here"}) {
    EXPECT_EQ(name_of(name), name);
    EXPECT_EQ(state_of(name), "offered");
  }
  const auto lists = std::ranges::count_if(listener.seen, [](const HttpRequest& request) { return request.path == "/v1/models"; });
  EXPECT_EQ(lists, 3) << "each was asked for its list, once";
  for (const HttpRequest& request : listener.seen)
    for (const Header& header : request.headers) EXPECT_EQ(header.value.find("secret"), std::string::npos) << header.name;
  run(io, listener.server.stop());
}

TEST_F(ModelsTest, WhoMayNameOnlySomeModelsGetsThoseAndTheOwnersChoice) {
  variables["OPENAI_API_KEY"] = "k";
  variables["ANTHROPIC_API_KEY"] = "k";
  restart();
  const auto get = [&](std::string wanted, std::string may_name) {
    const auto profile = run(io, models->resolve(person, std::move(wanted), *choose_models(may_name)));
    return profile ? profile->name : std::string(code_name(profile.error().code)) + ": " + profile.error().message;
  };
  EXPECT_EQ(get("openai/gpt-5.4", "chosen"), "denied: this token may not use 'openai/gpt-5.4'");
  EXPECT_EQ(get("gpt-5.4", "chosen"), "denied: this token may not use 'openai/gpt-5.4'") << "however it is named";
  EXPECT_EQ(get("openai/gpt-5.4", "openai/gpt-5.4,anthropic/x"), "openai/gpt-5.4");
  EXPECT_EQ(get("openai/gpt-5.4", "all"), "openai/gpt-5.4");
  EXPECT_EQ(get("", "openai/gpt-5.4"), "local/coder-1.5b");
  EXPECT_EQ(get("local", "chosen"), "local/coder-1.5b");
  ASSERT_TRUE(run(io, models->use(person, "anthropic/claude-haiku-4-5")));
  EXPECT_EQ(get("claude-haiku-4-5", "chosen"), "anthropic/claude-haiku-4-5");
  EXPECT_EQ(get("local", "chosen"), "denied: this token may not use 'local/coder-1.5b'");
  std::vector<std::string> listed;
  for (const ModelInfo& info : run(io, models->list(person, *choose_models("openai/gpt-5.4")))) listed.push_back(info.name);
  EXPECT_EQ(listed, (std::vector<std::string>{"openai/gpt-5.4", "anthropic/claude-haiku-4-5"}));
}

TEST(ChooseModels, TakesOneWordOrNamesOfModels) {
  for (const char* text : {"all", "chosen", "openai/gpt-5.4,local/qwen2.5-coder-1.5b"}) EXPECT_EQ(choose_models(text)->text("chosen"), text);
  for (const char* text : {"none", "gpt-5.4", "openai/", "opnai/gpt-5.4", "openai"}) EXPECT_EQ(choose_models(text).error().code, Code::Invalid) << text;
}

TEST_F(ModelsTest, AsksByTheModelsWayOfCallingTools) {
  ModelRequest request;
  request.messages = {{.text = "what is here?"}};
  request.tools = {{.name = "shell", .parameters = R"({"type":"object","properties":{"command":{"type":"string"}},"required":["command"]})",
                    .small = SmallForm{.blocks = {{.word = "bash", .body = "command"}}}}};
  std::string told;
  auto tell = [&told](Delta delta) {
    if (const auto* call = std::get_if<delta::CallStart>(&delta)) told = call->name;
  };
  const ModelProfile by_blocks{.name = "local/coder-1.5b", .tool_calls = ToolCalls::Blocks};
  const Result<ModelReply> reply = run(io, models->stream(by_blocks, request, std::move(tell)));
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_EQ(reply->calls.size(), 1u);
  EXPECT_EQ(reply->calls[0].name + reply->calls[0].arguments, R"(shell{"command":"ls"})");
  EXPECT_EQ(reply->usage.output_tokens, 5);
  EXPECT_EQ(told, "shell");
  const ModelProfile natively{.name = "local/coder-1.5b"};
  EXPECT_EQ(run(io, models->stream(natively, request, [](Delta) {}))->text, "local coder-1.5b") << "without a grammar";
}

TEST(KnownModels, SmallOnesCallByBlocksWhereAGrammarIsTaken) {
  const auto way = [](std::string_view provider, std::string_view model) {
    return tool_calls_of(*std::ranges::find(known_providers(), provider, &KnownProvider::name), model);
  };
  EXPECT_EQ(way("llama", "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf"), ToolCalls::Blocks);
  EXPECT_EQ(way("llama", "qwen3-30b"), ToolCalls::Native);
  EXPECT_EQ(way("ollama", "qwen2.5-coder-1.5b"), ToolCalls::Native) << "it takes no grammar";
}

TEST(ProviderSettings, CompletesAddressesAsPeopleWriteThem) {
  EXPECT_EQ(whole_base("0.0.0.0", "11434", true), "http://127.0.0.1:11434/v1");
  EXPECT_EQ(whole_base(":8000", "11434", true), "http://127.0.0.1:8000/v1");
  EXPECT_EQ(whole_base("http://127.0.0.1:1234/v1/", "1234", true), "http://127.0.0.1:1234/v1");
  EXPECT_EQ(whole_base("https://api.anthropic.com", "", true), "https://api.anthropic.com/v1");
  EXPECT_EQ(whole_base("https://proxy.example/openai/", "", false), "https://proxy.example/openai");
  EXPECT_EQ(whole_base("[::1]", "11434", true), "http://[::1]:11434/v1");
}

TEST(ModelEnvironment, IsTakenOutOfTheProcess) {
  ::setenv("GROQ_API_KEY", "zo-test-secret", 1);
  const char* value = ::getenv("GROQ_API_KEY");
  const ModelEnvironment environment = take_model_environment();
  EXPECT_EQ(environment.variables.at("GROQ_API_KEY"), "zo-test-secret");
  EXPECT_EQ(::getenv("GROQ_API_KEY"), nullptr);
  EXPECT_EQ(std::string_view(value, 14).find_first_not_of('\0'), std::string_view::npos) << "the bytes are gone too";
}

}  // namespace
}  // namespace zo
