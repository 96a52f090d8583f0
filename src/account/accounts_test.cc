#include "account/accounts.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct AccountsTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  SystemDice dice;
  std::unique_ptr<Store> store = std::move(*Store::open({folder / "zo.db", folder / "backup"}));
  PersonId person = PersonId::stored("01J00000000000000000000000");
  Accounts accounts{*store, clock, dice};

  AccountsTest() {
    auto add = [p = person](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'owner', 1)", p);
      return {};
    };
    (void)run(io, store->write(add));
  }
};

TEST_F(AccountsTest, ATokenOpensWhatItsScopeSaysUntilItIsRevoked) {
  const NewToken made = *run(io, accounts.create_token(person, "script", TokenScope::Chat, ""));
  EXPECT_TRUE(made.secret.starts_with("zo_sk_"));
  const Principal principal = *run(io, accounts.authenticate(made.secret));
  EXPECT_EQ(principal.scope, TokenScope::Chat);
  EXPECT_EQ(principal.tools, "none");
  ASSERT_TRUE(run(io, accounts.revoke(person, made.info.id)));
  EXPECT_EQ(run(io, accounts.authenticate(made.secret)).error().code, Code::Denied);
  EXPECT_EQ(run(io, accounts.revoke(person, made.info.id)).error().code, Code::NotFound);
}

TEST_F(AccountsTest, NoSecretIsInTheDatabase) {
  const NewToken made = *run(io, accounts.create_token(person, "script", TokenScope::All, ""));
  const std::string link = *run(io, accounts.make_setup_link(person));
  store.reset();
  const std::string bytes = read_whole_file(folder / "zo.db");
  EXPECT_EQ(bytes.find(made.secret), std::string::npos);
  EXPECT_EQ(bytes.find(made.secret.substr(6)), std::string::npos);
  EXPECT_EQ(bytes.find(link), std::string::npos);
}

TEST_F(AccountsTest, ASetupLinkWorksOnce) {
  EXPECT_TRUE(*run(io, accounts.never_set_up(person)));
  const std::string link = *run(io, accounts.make_setup_link(person));
  EXPECT_FALSE(*run(io, accounts.never_set_up(person)));
  const NewToken session = *run(io, accounts.use_setup_link(link));
  EXPECT_TRUE(run(io, accounts.authenticate(session.secret)));
  EXPECT_EQ(run(io, accounts.use_setup_link(link)).error().code, Code::Denied);
}

TEST_F(AccountsTest, ASetupLinkIsNotUsedUpByASessionThatCouldNotBeMade) {
  const std::string link = *run(io, accounts.make_setup_link(person));
  const auto obey = [this](const char* sql) {
    auto change = [sql](Transaction& tx) -> Result<> {
      tx.change(sql);
      return {};
    };
    return run(io, store->write(change)).has_value();
  };
  ASSERT_TRUE(obey("CREATE TRIGGER no_token BEFORE INSERT ON tokens BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  EXPECT_FALSE(run(io, accounts.use_setup_link(link)));
  ASSERT_TRUE(obey("DROP TRIGGER no_token"));
  EXPECT_TRUE(run(io, accounts.use_setup_link(link)));
}

TEST_F(AccountsTest, ASetupLinkEndsAfterTenMinutes) {
  const std::string link = *run(io, accounts.make_setup_link(person));
  clock.advance(Accounts::kSetupLinkMs);
  EXPECT_EQ(run(io, accounts.use_setup_link(link)).error().code, Code::Denied);
}

TEST_F(AccountsTest, RemembersWhenATokenWasUsed) {
  const NewToken made = *run(io, accounts.create_token(person, "script", TokenScope::All, "shell"));
  ASSERT_TRUE(run(io, accounts.authenticate(made.secret)));
  const TimeMs first = clock.now();
  clock.advance(120'000);
  ASSERT_TRUE(run(io, accounts.authenticate(made.secret)));
  const std::vector<TokenInfo> tokens = *run(io, accounts.tokens(person));
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].last_used_at, first + 120'000);
  EXPECT_EQ(tokens[0].tools, "shell");
}

}  // namespace
}  // namespace zo
