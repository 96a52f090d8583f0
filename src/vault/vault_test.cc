#include "vault/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "os/file.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"
#include "vault/key_file.h"

namespace zo {
namespace {

TEST(Seal, OpensOnlyInItsPlaceWithItsKey) {
  const SealKey key = SealKey::make();
  const std::string sealed = seal(key, "secret", "row 1");
  EXPECT_EQ(unseal(key, sealed, "row 1"), "secret");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(seal(key, "secret", "row 1"), sealed);
  const std::string wrong = unseal(SealKey::make(), sealed, "row 1").error().message;
  EXPECT_EQ(unseal(key, sealed, "row 2").error().message, wrong);
  EXPECT_EQ(unseal(key, "", "row 1").error().message, wrong);
  EXPECT_EQ(unseal(key, "not base64!", "row 1").error().message, wrong);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(unseal(key, changed, "row 1")) << i;
  }
}

TEST(Seal, APassphraseGivesTheSameKeyAgain) {
  const std::string salt = make_salt();
  const auto one = SealKey::from_passphrase("correct horse", salt);
  EXPECT_EQ(unseal(*SealKey::from_passphrase("correct horse", salt), seal(*one, "x", ""), ""), "x");
  EXPECT_FALSE(unseal(*SealKey::from_passphrase("correct house", salt), seal(*one, "x", ""), ""));
}

struct VaultTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor(), 1'795'000'000'000};
  SeededDice dice{1};
  Threads threads{"test", 1};
  PersonId ada = PersonId::stored("01J00000000000000000000000");
  PersonId max = PersonId::stored("01J00000000000000000000001");
  std::unique_ptr<Store> store = *Store::open({folder / "zo.db", folder / "backup"});
  MasterKey master{folder / "config/key", ""};
  std::unique_ptr<Vault> vault;

  void SetUp() override {
    auto add = [this](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1)", ada);
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Max', 1)", max);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(add)));
    restart();
  }
  void restart() {
    vault = std::make_unique<Vault>(*store, clock, dice, threads, master);
    ASSERT_TRUE(run(io, vault->open()));
  }
  Result<SecretInfo> put(std::string name, std::string text, std::string bound = "openai") {
    return run(io, vault->put({.person = ada, .name = std::move(name), .bound = std::move(bound), .texts = {std::move(text)}}));
  }
  std::string text_of(const SecretId& id) {
    const auto texts = vault->texts(id);
    return texts ? texts->front() : texts.error().message;
  }
  std::string problem() const { return vault->problem() ? vault->problem()->message : ""; }
  void change(Sql<> sql) {
    auto tampering = [sql](Transaction& tx) -> Result<> {
      tx.change(sql);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(tampering)));
  }
};

TEST_F(VaultTest, KeepsASecretOverARestart) {
  EXPECT_FALSE(std::filesystem::exists(master.file)) << "the key is made when it is needed";
  const auto info = put("work", "sk-0123456789abcdef");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->hint, "cdef");
  struct stat status{};
  ASSERT_EQ(::stat(master.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  restart();
  EXPECT_EQ(text_of(info->id), "sk-0123456789abcdef");
  EXPECT_EQ(vault->list(ada, SecretPurpose::Provider).size(), 1u);
  EXPECT_TRUE(vault->list(max, SecretPurpose::Provider).empty());
  EXPECT_EQ(vault->redactor()->redact("it is sk-0123456789abcdef!"), "it is ‹key work›!");
}

TEST_F(VaultTest, HoldsNamesToTheirRules) {
  EXPECT_EQ(put("a b", "x").error().message, "'a b' is no name for a key");
  EXPECT_EQ(put("a", "two\nlines").error().message, "the key 'a' holds line breaks or other control characters");
  EXPECT_EQ(put("a", "").error().message, "the key 'a' is empty");
  ASSERT_TRUE(put("a", "x"));
  EXPECT_EQ(put("a", "y").error().code, Code::Conflict);
  EXPECT_EQ(put("long", std::string(kSecretBytesMost + 1, 'x')).error().code, Code::Exhausted);
  EXPECT_EQ(run(io, vault->remove(max, "a", SecretPurpose::Provider)).error().code, Code::NotFound);
  EXPECT_TRUE(run(io, vault->remove(ada, "a", SecretPurpose::Provider)));
  EXPECT_TRUE(vault->redactor()->empty());
}

TEST_F(VaultTest, AShortSecretShowsNothingOfItself) { EXPECT_EQ(put("a", "short-key")->hint, ""); }

TEST_F(VaultTest, ARowOpensOnlyInItsPlace) {
  const auto one = put("one", "sk-one-one-one-one-one");
  const auto two = put("two", "sk-two-two-two-two-two");
  change("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'one') WHERE name = 'two'");
  restart();
  EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
  EXPECT_EQ(vault->texts(two->id).error().code, Code::Corrupt);
  change("UPDATE secrets SET bound = 'elsewhere' WHERE name = 'one'");
  restart();
  EXPECT_EQ(vault->texts(one->id).error().code, Code::Corrupt) << "the address cannot be changed alone";
}

TEST_F(VaultTest, ALostOrWrongKeyFileIsOneClearSentence) {
  const auto info = put("work", "sk-0123456789abcdef");
  const std::string kept = *load_file(master.file, 1'000);
  std::filesystem::remove(master.file);
  restart();
  EXPECT_EQ(problem(), "the key file " + master.file + " is missing: 1 stored key cannot be opened");
  EXPECT_EQ(text_of(info->id), problem());
  EXPECT_EQ(put("more", "x").error().message, problem());
  EXPECT_EQ(vault->list(ada, SecretPurpose::Provider).size(), 1u);

  ASSERT_TRUE(save_key_file(master.file, SealKey::make()));
  restart();
  EXPECT_EQ(problem(), "the key file " + master.file + " is another one than sealed what is stored: 1 stored key cannot be opened");
  ASSERT_TRUE(save_file(master.file, "rubbish"));
  restart();
  EXPECT_NE(problem(), "");
  ASSERT_TRUE(save_file(master.file, kept, 0644));
  restart();
  EXPECT_EQ(problem(), "others may read the key file " + master.file + ": 1 stored key cannot be opened");
  ASSERT_TRUE(save_file(master.file, kept));
  restart();
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(text_of(info->id), "sk-0123456789abcdef");
}

TEST_F(VaultTest, WithNothingStoredALostKeyIsNoLoss) {
  ASSERT_TRUE(put("work", "sk-0123456789abcdef"));
  std::filesystem::remove(master.file);
  restart();
  ASSERT_TRUE(run(io, vault->remove(ada, "work", SecretPurpose::Provider)));
  const auto anew = put("again", "sk-fedcba9876543210");
  ASSERT_TRUE(anew) << anew.error().message;
  restart();
  EXPECT_EQ(text_of(anew->id), "sk-fedcba9876543210");
}

TEST_F(VaultTest, APassphraseStandsInPlaceOfTheFile) {
  master.passphrase = "correct horse";
  restart();
  const auto info = put("work", "sk-0123456789abcdef");
  EXPECT_FALSE(std::filesystem::exists(master.file));
  restart();
  EXPECT_EQ(text_of(info->id), "sk-0123456789abcdef");
  master.passphrase = "";
  restart();
  EXPECT_EQ(problem(), "the stored keys are sealed with a passphrase, and none was given: 1 stored key cannot be opened");
  master.passphrase = "wrong";
  restart();
  EXPECT_EQ(problem(), "the passphrase does not open the stored keys: 1 stored key cannot be opened");
}

TEST_F(VaultTest, ARotationSealsEverythingAnew) {
  const auto one = put("one", "sk-one-one-one-one-one");
  const auto two = put("two", "sk-two-two-two-two-two");
  const std::string before = *load_file(master.file, 1'000);
  EXPECT_EQ(run(io, vault->rotate()), 2u);
  EXPECT_NE(*load_file(master.file, 1'000), before);
  EXPECT_FALSE(std::filesystem::exists(master.file + ".new"));
  for (int i = 0; i < 2; ++i, restart()) {
    EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
    EXPECT_EQ(text_of(two->id), "sk-two-two-two-two-two");
  }
  ASSERT_TRUE(save_file(master.file, before));
  restart();
  EXPECT_NE(problem(), "") << "the old master key opens nothing any more";
}

TEST_F(VaultTest, ARotationMovesToAPassphrase) {
  const auto one = put("one", "sk-one-one-one-one-one");
  master.passphrase = "correct horse";
  restart();
  EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
  EXPECT_EQ(run(io, vault->rotate()), 1u);
  EXPECT_FALSE(std::filesystem::exists(master.file));
  restart();
  EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
}

// The two moments between which a rotation can end: the new file is there and the commit is not; or both are, and the file has its old name.
TEST_F(VaultTest, ARotationThatWasCutOffIsFinishedOrForgotten) {
  const auto one = put("one", "sk-one-one-one-one-one");
  ASSERT_TRUE(save_key_file(master.file + ".new", SealKey::make()));
  restart();
  EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
  EXPECT_FALSE(std::filesystem::exists(master.file + ".new"));

  const std::string old = *load_file(master.file, 1'000);
  EXPECT_EQ(run(io, vault->rotate()), 1u);
  std::filesystem::rename(master.file, master.file + ".new");
  ASSERT_TRUE(save_file(master.file, old));
  restart();
  EXPECT_EQ(text_of(one->id), "sk-one-one-one-one-one");
  EXPECT_FALSE(std::filesystem::exists(master.file + ".new"));
  restart();
  EXPECT_EQ(problem(), "");
}

TEST_F(VaultTest, NotesAUseOnceAnHour) {
  const auto one = put("one", "sk-one-one-one-one-one");
  run(io, vault->used(one->id));
  const TimeMs first = clock.now();
  EXPECT_EQ(vault->list(ada, SecretPurpose::Provider)[0].last_used_at, first);
  clock.advance(60'000);
  run(io, vault->used(one->id));
  EXPECT_EQ(vault->list(ada, SecretPurpose::Provider)[0].last_used_at, first);
}

}  // namespace
}  // namespace zo
