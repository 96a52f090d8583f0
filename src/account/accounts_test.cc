#include "account/accounts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "async/scope.h"
#include "store/sqlite.h"
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
  const Principal owner = owner_at_machine(person);
  Accounts accounts{*store, clock, dice};

  AccountsTest() {
    auto add = [p = person](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'owner', 1)", p);
      return {};
    };
    (void)run(io, store->write(add));
  }

  // Beside the store, as a trigger or a rule of the database is made.
  bool obey(const std::string& sql) {
    const auto db = SqliteConnection::open(store->path(), Connection::Mode::ReadWrite);
    if (db) (*db)->execute(sql);
    return db.has_value();
  }
  // A token and its principal, of which it may not matter what it may.
  Principal bearer(TokenWish wish) {
    const NewToken made = *run(io, accounts.create_token(owner, std::move(wish)));
    return *run(io, accounts.authenticate(made.secret));
  }
};

TEST_F(AccountsTest, TheUserAsWhomThisRunsIsTheFirstPerson) {
  const Result<Principal> first = run(io, accounts.at_machine(::geteuid()));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->person, person);
  EXPECT_EQ(first->scope, TokenScope::All);
  EXPECT_TRUE(first->token.empty());
  obey("INSERT INTO people (id, name, created_at) VALUES ('01K00000000000000000000000', 'ben', 2)");
  EXPECT_EQ(run(io, Accounts(*store, clock, dice).at_machine(::geteuid()))->person, person) << "whoever came later";
}

TEST_F(AccountsTest, TheFirstPersonIsMadeOnce) {
  obey("DELETE FROM people");
  const PersonId made = run(io, accounts.at_machine(::geteuid()))->person;
  EXPECT_FALSE(made.empty());
  EXPECT_EQ(run(io, Accounts(*store, clock, dice).at_machine(::geteuid()))->person, made);
}

TEST_F(AccountsTest, EveryOtherUserOfTheMachineIsNobody) {
  const Result<Principal> other = run(io, accounts.at_machine(::geteuid() + 1));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::Denied);
  EXPECT_EQ(other.error().message, fmt::format("user {} of this machine is nobody here", ::geteuid() + 1));
}

// Uses and revocations of one token side by side: how many were let in after the revocation was answered.
struct Meeting {
  Accounts& accounts;
  PersonId person;
  NewToken made;
  bool answered = false;
  int late = 0;

  Task<void> use() {
    const Result<Principal> principal = co_await accounts.authenticate(made.secret);
    if (principal && answered) ++late;
  }
  Task<void> revoke() {
    const Result<> revoked = co_await accounts.revoke(person, made.info.id);
    answered = revoked.has_value();
  }
  Task<void> hold() {
    Scope scope(co_await asio::this_coro::executor);
    scope.spawn("revoke", revoke());
    scope.spawn("use", use());
    co_await scope.wait();
  }
};

TEST_F(AccountsTest, ATokenOpensWhatItsScopeSaysUntilItIsRevoked) {
  const NewToken made = *run(io, accounts.create_token(owner, {"script", TokenScope::Chat, {}, {}}));
  EXPECT_TRUE(made.secret.starts_with("zo_sk_"));
  const Principal principal = *run(io, accounts.authenticate(made.secret));
  EXPECT_EQ(principal.scope, TokenScope::Chat);
  EXPECT_EQ(principal.tools.text(), "none");
  ASSERT_TRUE(run(io, accounts.revoke(person, made.info.id)));
  EXPECT_EQ(run(io, accounts.authenticate(made.secret)).error().code, Code::Denied);
  EXPECT_EQ(run(io, accounts.revoke(person, made.info.id)).error().code, Code::NotFound);
}

TEST_F(AccountsTest, NoSecretIsInTheDatabase) {
  const NewToken made = *run(io, accounts.create_token(owner, {"script", TokenScope::All, {}, {}}));
  const std::string link = *run(io, accounts.make_setup_link(owner));
  store.reset();
  const std::string bytes = read_whole_file(folder / "zo.db");
  EXPECT_EQ(bytes.find(made.secret), std::string::npos);
  EXPECT_EQ(bytes.find(made.secret.substr(6)), std::string::npos);
  EXPECT_EQ(bytes.find(link), std::string::npos);
}

TEST_F(AccountsTest, ASetupLinkWorksOnce) {
  EXPECT_TRUE(*run(io, accounts.never_set_up(person)));
  const std::string link = *run(io, accounts.make_setup_link(owner));
  EXPECT_FALSE(*run(io, accounts.never_set_up(person)));
  const NewToken session = *run(io, accounts.use_setup_link(link));
  EXPECT_TRUE(run(io, accounts.authenticate(session.secret)));
  EXPECT_EQ(run(io, accounts.use_setup_link(link)).error().code, Code::Denied);
}

TEST_F(AccountsTest, ASetupLinkIsNotUsedUpByASessionThatCouldNotBeMade) {
  const std::string link = *run(io, accounts.make_setup_link(owner));
  ASSERT_TRUE(obey("CREATE TRIGGER no_token BEFORE INSERT ON tokens BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  EXPECT_FALSE(run(io, accounts.use_setup_link(link)));
  ASSERT_TRUE(obey("DROP TRIGGER no_token"));
  EXPECT_TRUE(run(io, accounts.use_setup_link(link)));
}

TEST_F(AccountsTest, ASetupLinkEndsAfterTenMinutes) {
  const std::string link = *run(io, accounts.make_setup_link(owner));
  clock.advance(Accounts::kSetupLinkMs);
  EXPECT_EQ(run(io, accounts.use_setup_link(link)).error().code, Code::Denied);
}

TEST_F(AccountsTest, RemembersWhenATokenWasUsed) {
  const NewToken made = *run(io, accounts.create_token(owner, {"script", TokenScope::All, Allowance::from_text("shell"), {}}));
  ASSERT_TRUE(run(io, accounts.authenticate(made.secret)));
  const TimeMs first = clock.now();
  clock.advance(120'000);
  ASSERT_TRUE(run(io, accounts.authenticate(made.secret)));
  const std::vector<TokenInfo> tokens = *run(io, accounts.tokens(person));
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].last_used_at, first + 120'000);
  EXPECT_EQ(tokens[0].tools.text(), "shell");
}

TEST_F(AccountsTest, ARevocationWinsAgainstAFirstUseThatReadBeforeIt) {
  Meeting meeting{accounts, person, *run(io, accounts.create_token(owner, {"script", TokenScope::Chat, {}, {}}))};
  asio::io_context slow{1};  // whoever is let in there goes on only when we say so
  asio::co_spawn(slow, meeting.use(), [](std::exception_ptr) {});
  slow.poll();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(run(io, accounts.tokens(person)));  // and has read by then
  run(io, meeting.revoke());
  slow.run();
  EXPECT_TRUE(meeting.answered);
  EXPECT_EQ(meeting.late, 0);
  EXPECT_FALSE(run(io, accounts.authenticate(meeting.made.secret)));
}

TEST_F(AccountsTest, ARevocationWinsAgainstAUseThatIsBeingWrittenDown) {
  Meeting meeting{accounts, person, *run(io, accounts.create_token(owner, {"script", TokenScope::Chat, {}, {}}))};
  ASSERT_TRUE(run(io, accounts.authenticate(meeting.made.secret)));
  clock.advance(60'000);
  run(io, meeting.hold());
  EXPECT_EQ(meeting.late, 0);
}

TEST_F(AccountsTest, ARevocationCutsWhatGoesOnAndAwaitsItsEnd) {
  const Principal known = bearer({"script", TokenScope::Chat, {}, {}});
  int cuts = 0;
  std::unique_ptr<TokenUse> other;
  auto one = std::make_unique<TokenUse>(known.life, [&] { ++cuts; });
  other = std::make_unique<TokenUse>(known.life, [&] {
    ++cuts;
    other.reset();  // while the others are still cut
  });
  bool answered = false;
  auto revoke = [](AccountsTest& t, TokenId id, bool& done) -> Task<void> { done = (co_await t.accounts.revoke(t.person, id)).has_value(); };
  asio::co_spawn(io, revoke(*this, known.token, answered), [](std::exception_ptr) {});
  ASSERT_TRUE(run(io, eventually([&] { return cuts == 2; })));
  EXPECT_TRUE(known.life->over());
  EXPECT_FALSE(answered);
  one.reset();
  EXPECT_TRUE(run(io, eventually([&] { return answered; })));
}

TEST_F(AccountsTest, NoTokenGivesAnotherMoreThanItHas) {
  const Principal maker = bearer({"maker", TokenScope::All, Allowance::from_text("read_file,list_files"), Allowance::from_text("openai/a,openai/b")});
  const auto refusal = [&](TokenWish wish) { return run(io, accounts.create_token(maker, std::move(wish))).error().message; };
  EXPECT_EQ(refusal({"x", TokenScope::All, Allowance::everything(), {}}), "this token may not use all tools, so it cannot give that to another");
  EXPECT_EQ(refusal({"x", TokenScope::Chat, Allowance::from_text("read_file,shell"), {}}), "this token may not use 'shell', so it cannot give that to another");
  EXPECT_EQ(refusal({"x", TokenScope::Read, {}, Allowance::everything()}), "this token may not use all models, so it cannot give that to another");
  EXPECT_EQ(refusal({"x", TokenScope::Read, {}, Allowance::from_text("openai/c")}), "this token may not use 'openai/c', so it cannot give that to another");
  const Principal chat = bearer({"chat", TokenScope::Chat, {}, {}});
  EXPECT_EQ(run(io, accounts.create_token(chat, {"x", TokenScope::All, {}, {}})).error().message, "this token has the scope 'chat', so it cannot give 'all' to another");

  const NewToken like_it = *run(io, accounts.create_token(maker, {"x", TokenScope::All, {}, Allowance::from_text("openai/b")}));
  EXPECT_EQ(like_it.info.tools.text(), "read_file,list_files") << "its maker's";
  EXPECT_EQ(like_it.info.models.text(kOwnersChoice), "openai/b");
  EXPECT_EQ(run(io, accounts.create_token(owner, {"x", TokenScope::All, {}, {}}))->info.models.text(kOwnersChoice), "chosen");
}

TEST_F(AccountsTest, ASetupLinkGivesWhatItsMakerHas) {
  const NewToken owners = *run(io, accounts.use_setup_link(*run(io, accounts.make_setup_link(owner))));
  EXPECT_EQ(owners.info.tools.text() + " " + owners.info.models.text(kOwnersChoice), "all all");
  const Principal maker = bearer({"maker", TokenScope::All, Allowance{}, {}});
  const NewToken session = *run(io, accounts.use_setup_link(*run(io, accounts.make_setup_link(maker))));
  const Principal known = *run(io, accounts.authenticate(session.secret));
  EXPECT_EQ(known.scope, TokenScope::All);
  EXPECT_EQ(known.tools.text() + " " + known.models.text(kOwnersChoice), "none chosen");
}

TEST_F(AccountsTest, ASetupLinkEndsWithItsMaker) {
  const Principal maker = bearer({"maker", TokenScope::All, {}, {}});
  const std::string link = *run(io, accounts.make_setup_link(maker));
  ASSERT_TRUE(run(io, accounts.revoke(person, maker.token)));
  EXPECT_EQ(run(io, accounts.use_setup_link(link)).error().code, Code::Denied);
}

TEST_F(AccountsTest, ARightTokenIsLetInWhenItsUseCannotBeWrittenDown) {
  const NewToken made = *run(io, accounts.create_token(owner, {"script", TokenScope::Chat, {}, {}}));
  ASSERT_TRUE(obey("CREATE TRIGGER full_disk BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  EXPECT_TRUE(run(io, accounts.authenticate(made.secret)));
  clock.advance(60'000);
  EXPECT_TRUE(run(io, accounts.authenticate(made.secret)));
}

TEST_F(AccountsTest, ARevokedTokenCanStillBeToldToStopItsRuns) {
  const Principal known = bearer({"script", TokenScope::Chat, {}, {}});
  ASSERT_TRUE(run(io, accounts.revoke(person, known.token)));
  EXPECT_TRUE(run(io, accounts.revoke(person, known.token, ItsRuns::Stop)));
  EXPECT_EQ(run(io, accounts.revoke(person, known.token, ItsRuns::Stop)).error().code, Code::NotFound);
}

TEST_F(AccountsTest, TokensThatAreInUseAreNeverForgotten) {
  struct Holder {
    AccountsTest& at;
    std::string secret;
    std::optional<Principal> principal;
    static Task<void> hold(Holder& holder) {
      const Result<NewToken> made = co_await holder.at.accounts.create_token(holder.at.owner, {"script", TokenScope::Read, {}, {}});
      holder.secret = made->secret;
      const Result<Principal> known = co_await holder.at.accounts.authenticate(holder.secret);
      holder.principal = *known;
    }
  };
  std::vector<Holder> holders(1'100, Holder{*this, {}, {}});
  Scope scope(io.get_executor());
  for (Holder& holder : holders) scope.spawn("hold", Holder::hold(holder));
  run(io, scope.wait());
  for (Holder& holder : holders) EXPECT_EQ(run(io, accounts.authenticate(holder.secret))->life, holder.principal->life);
  ASSERT_TRUE(run(io, accounts.revoke(person, holders.front().principal->token)));
  EXPECT_TRUE(holders.front().principal->life->over());
}

}  // namespace
}  // namespace zo
