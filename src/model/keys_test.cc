#include "model/keys.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "model/models.h"
#include "model/provider_settings.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/scripted_model.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

class NoModel final : public Provider {
 public:
  std::string_view name() const override { return "local"; }
  Task<std::vector<ModelInfo>> models(PersonId) override { co_return std::vector<ModelInfo>{}; }
  Task<Result<ModelProfile>> profile(PersonId, std::string) override { co_return fail(Code::Invalid, "no model"); }
  Task<Result<ModelReply>> stream(ModelRequest, OnDelta) override { co_return fail(Code::Invalid, "no model"); }
};

constexpr char kKey[] = "sk-test-0123456789abcdef";

struct KeysTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  RealClock clock;
  HttpClient http{io.get_executor(), nullptr};
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  ScriptedModel server{io.get_executor(), clock};
  NoModel local;
  SystemDice dice;
  Threads threads{"test", 1};
  std::unique_ptr<Store> store = *Store::open({folder / "zo.db", folder / "backup"});
  PersonId ada = PersonId::stored("01J00000000000000000000000");
  PersonId max = PersonId::stored("01J00000000000000000000001");
  ModelEnvironment environment{{{"OLLAMA_HOST", "127.0.0.1:1"}, {"LMSTUDIO_BASE_URL", "http://127.0.0.1:1"}, {"VLLM_BASE_URL", "http://127.0.0.1:1"}, {"GROQ_API_KEY", "gsk-of-the-environment"}}};
  std::unique_ptr<Vault> vault;
  std::unique_ptr<KeySource> keys;
  std::unique_ptr<Models> models;
  std::string told;  // what the reader of an answer has seen

  void SetUp() override {
    auto add = [this](Transaction& tx) -> Result<> {
      for (const PersonId& person : {ada, max}) tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'x', 1)", person);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(add)));
    restart();
  }
  void TearDown() override { run(io, server.stop()); }
  void restart() {
    models.reset();
    vault = std::make_unique<Vault>(*store, clock, dice, threads, MasterKey{folder / "key", ""});
    ASSERT_TRUE(run(io, vault->open()));
    keys = std::make_unique<KeySource>(provider_keys(environment), *store, *vault);
    ASSERT_TRUE(run(io, keys->open()));
    models = std::make_unique<Models>(clock, dice, http, *store, notices, *keys, local, environment);
    ASSERT_TRUE(run(io, models->open()));
  }
  std::string add(ProviderKeyNew key) {
    const auto made = run(io, keys->add(ada, std::move(key)));
    return made ? made->provider : made.error().message;
  }
  std::string in_use(std::string_view provider) {
    const auto key = keys->chosen(ada, provider);
    return key ? key->name : "";
  }
  Result<ModelReply> ask(std::string model, PersonId person) {
    const auto profile = run(io, models->resolve(person, std::move(model)));
    if (!profile) return std::unexpected(profile.error());
    ModelRequest request{.person = person};
    request.messages = {{.text = "Hi"}};
    told.clear();
    return run(io, models->stream(*profile, std::move(request), [this](const Delta& delta) {
      if (const auto* text = std::get_if<delta::Text>(&delta)) told += text->text;
      if (const auto* reasoning = std::get_if<delta::Reasoning>(&delta)) told += reasoning->text;
      if (const auto* arguments = std::get_if<delta::CallArguments>(&delta)) told += arguments->text;
    }));
  }
};

TEST_F(KeysTest, AKeyAnswersInEachDialect) {
  EXPECT_EQ(add({.name = "work", .key = std::string(" ") + kKey + "\n", .provider = "openai", .base_url = server.url() + "/v1/", .headers = {{"X-Org", "the-organisation"}}}), "openai");
  server.says("Hello.").says("Hello again.");
  ASSERT_TRUE(ask("openai/gpt-x", ada));
  EXPECT_EQ(server.seen().back().header("authorization"), std::string("Bearer ") + kKey);
  EXPECT_EQ(server.seen().back().header("x-org"), "the-organisation");
  EXPECT_EQ(add({.name = "claude", .key = kKey, .provider = "anthropic", .base_url = server.url()}), "anthropic");
  ASSERT_TRUE(ask("anthropic/claude-x", ada));
  EXPECT_EQ(server.seen().back().header("x-api-key"), kKey);
  EXPECT_EQ(server.seen().back().path, "/v1/messages");
}

TEST_F(KeysTest, AnAddressIsAProviderOfItsOwn) {
  EXPECT_EQ(add({.name = "box", .key = kKey, .base_url = server.url()}), "box");
  server.says("Hello.");
  ASSERT_TRUE(ask("box/some-model", ada));
  EXPECT_EQ(server.seen().back().path, "/v1/chat/completions");
  EXPECT_FALSE(ask("box/some-model", max)) << "another's provider is nobody's";
  restart();
  server.says("Hello.");
  EXPECT_TRUE(ask("box/some-model", ada));
}

TEST_F(KeysTest, OneOfSeveralIsChosen) {
  EXPECT_EQ(in_use("groq"), "GROQ_API_KEY");
  add({.name = "first", .key = "first-key-0123456", .provider = "groq", .base_url = server.url() + "/v1"});
  EXPECT_EQ(in_use("groq"), "first") << "a person's goes before the environment's";
  add({.name = "second", .key = "second-key-0123456", .provider = "groq", .base_url = server.url() + "/v1"});
  EXPECT_EQ(in_use("groq"), "first");
  server.says("1").says("2");
  ASSERT_TRUE(ask("groq/m", ada));
  EXPECT_EQ(server.seen().back().header("authorization"), "Bearer first-key-0123456");
  ASSERT_TRUE(run(io, keys->choose(ada, "second")));
  ASSERT_TRUE(ask("groq/m", ada));
  EXPECT_EQ(server.seen().back().header("authorization"), "Bearer second-key-0123456");
  restart();
  EXPECT_EQ(in_use("groq"), "second");
  ASSERT_TRUE(run(io, keys->choose(ada, "GROQ_API_KEY")));
  EXPECT_EQ(in_use("groq"), "GROQ_API_KEY");
  ASSERT_TRUE(run(io, keys->remove(ada, "second")));
  ASSERT_TRUE(run(io, keys->choose(ada, "first")));
  ASSERT_TRUE(run(io, keys->remove(ada, "first")));
  EXPECT_EQ(in_use("groq"), "GROQ_API_KEY");
  EXPECT_EQ(run(io, keys->remove(ada, "GROQ_API_KEY")).error().message, "the key 'GROQ_API_KEY' is the environment's");
  EXPECT_EQ(run(io, keys->choose(ada, "none")).error().code, Code::NotFound);
}

TEST_F(KeysTest, OneOfTheEnvironmentIsTakenIntoTheVault) {
  const auto taken = run(io, keys->take(ada, "GROQ_API_KEY"));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->name, "groq");
  EXPECT_EQ(run(io, keys->credentials({}, taken->secret))->key, "gsk-of-the-environment");
  EXPECT_EQ(run(io, keys->take(ada, "OPENAI_API_KEY")).error().code, Code::NotFound);
}

TEST_F(KeysTest, SaysWhatIsWrongWithAKey) {
  const auto says = [&](ProviderKeyNew key) {
    key.key = kKey;
    return add(std::move(key));
  };
  EXPECT_EQ(says({.name = "a"}), "of which provider is the key 'a'?");
  EXPECT_EQ(says({.name = "a", .provider = "opanai"}), "no provider 'opanai'");
  EXPECT_EQ(says({.name = "openai", .base_url = "https://x.example"}), "'openai' is the name of a provider, and this key is for another");
  EXPECT_EQ(says({.name = "a", .base_url = "x.example"}), "'x.example' is no address of a provider: it begins with neither https:// nor http://");
  EXPECT_EQ(says({.name = "a", .base_url = "http://x.example/v1"}), "'http://x.example/v1' is no address of a provider: over http the key could be read on its way; use https");
  EXPECT_EQ(says({.name = "a", .base_url = "https://user:pass@x.example/v1"}), "'https://user:pass@x.example/v1' is no address of a provider: it holds a user, a query or a space");
  EXPECT_EQ(says({.name = "a", .provider = "openai", .dialect = "grpc"}), "no dialect 'grpc'");
  EXPECT_EQ(says({.name = "a", .provider = "openai", .headers = {{"Host", "evil.example"}}}), "the header 'Host' is ZoClone's own");
  EXPECT_EQ(says({.name = "a", .provider = "openai", .headers = {{"X-A", "two\r\nlines"}}}), "the key 'a' holds line breaks or other control characters");
  EXPECT_TRUE(vault->list(ada, SecretPurpose::Provider).empty());
}

TEST_F(KeysTest, SearchProvidersHaveKeysAndNoModels) {
  EXPECT_EQ(add({.name = "b", .key = kKey, .provider = "brave"}), "brave");
  EXPECT_EQ(add({.name = "s", .provider = "searxng", .base_url = "http://search.example:8888/"}), "searxng");
  EXPECT_EQ(add({.name = "t", .provider = "tavily"}), "the key 't' is empty");
  EXPECT_EQ(add({.name = "u", .provider = "searxng"}), "where is SearXNG?");
  EXPECT_EQ(keys->search(ada)->name, "b");
  ASSERT_TRUE(run(io, keys->choose(ada, "s")));
  EXPECT_EQ(keys->search(ada)->base_url, "http://search.example:8888");
  EXPECT_EQ(run(io, keys->credentials(*known_provider("searxng"), keys->search(ada)->secret))->key, "");
  EXPECT_FALSE(choose_models("brave/x"));
  EXPECT_EQ(ask("brave/x", ada).error().code, Code::Invalid);
}

TEST_F(KeysTest, WhatAProviderSaysBackHoldsNoKey) {
  add({.name = "work", .key = kKey, .provider = "openai", .base_url = server.url() + "/v1"});
  server.says(fmt::format("Your key is {}, in hex it is none.", kKey)).in_chunks(3);
  const auto reply = ask("openai/gpt-x", ada);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "Your key is ‹key work›, in hex it is none.");
  EXPECT_EQ(told, reply->text);
  server.calls("shell", {{"command", std::string("echo ") + kKey}}).in_chunks(5);
  const auto call = ask("openai/gpt-x", ada);
  EXPECT_EQ(call->calls.at(0).arguments, R"({"command":"echo ‹key work›"})");
  EXPECT_EQ(told, call->calls.at(0).arguments);
  server.fails(400, fmt::format(R"({{"error":{{"message":"bad {}"}}}})", percent_encode(kKey)));
  EXPECT_EQ(ask("openai/gpt-x", ada).error().message.find(kKey), std::string::npos);
}

TEST_F(KeysTest, AsksAProviderWhatItHas) {
  environment.variables.erase("GROQ_API_KEY");
  restart();
  add({.name = "work", .key = kKey, .provider = "openai", .base_url = server.url() + "/v1"});
  server.says("ready");
  const auto tested = run(io, models->test_key(ada, "work"));
  ASSERT_TRUE(tested) << tested.error().message;
  EXPECT_GT(*tested, 0u);
  const auto names = [&] {
    std::vector<std::string> found;
    for (const ModelInfo& info : run(io, models->list(ada)))
      if (info.source == ModelSource::Key) found.push_back(info.name);
    return found;
  };
  const std::vector<std::string> before = names();
  EXPECT_FALSE(before.empty());
  restart();
  EXPECT_EQ(names(), before) << "kept over a restart";
  EXPECT_TRUE(run(io, models->refresh(ada)));

  server.fails(401, R"({"error":{"message":"no such key"}})");
  EXPECT_EQ(run(io, models->test_key(ada, "work")).error().message, "openai refused the key (401): no such key");
  server.fails(402, R"({"error":{"message":"pay"}})");
  EXPECT_EQ(run(io, models->test_key(ada, "work")).error().message, "openai has no credit left (402): pay");
  add({.name = "gone", .key = kKey, .base_url = "http://127.0.0.1:1/v1"});
  EXPECT_EQ(run(io, models->test_key(ada, "gone")).error().message.substr(0, 35), "gone: cannot reach 127.0.0.1:1: Con");
  EXPECT_EQ(run(io, models->test_key(max, "work")).error().code, Code::NotFound);
}

}  // namespace
}  // namespace zo
