#include "store/store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "async/gather.h"
#include "store/migrate.h"
#include "store/settings.h"
#include "store/sqlite.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

Result<> add_person(Transaction& tx, const std::string& id) {
  tx.change("INSERT INTO people (id, name, created_at) VALUES (?, ?, ?)", id, "Ada", 1);
  return {};
}

struct StoreTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  std::unique_ptr<Store> store = open();
  PersonId person = PersonId::stored("01J00000000000000000000000");

  std::unique_ptr<Store> open() {
    auto opened = Store::open({folder / "zo.db", folder / "backup"});
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

  Result<> add(std::string id) {
    return run(io, store->write([id](Transaction& tx) { return add_person(tx, id); }));
  }
  std::int64_t people() {
    return *run(io, store->read([](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM people"); }));
  }
};

TEST_F(StoreTest, KeepsWhatItHasAnswered) {
  ASSERT_TRUE(add("a"));
  store.reset();
  store = open();
  EXPECT_EQ(people(), 1);
}

TEST_F(StoreTest, UndoesAChangeThatReturnsAnError) {
  const Result<> outcome = run(io, store->write([](Transaction& tx) -> Result<> {
    ZO_OK(add_person(tx, "a"));
    return fail(Code::Conflict, "not today");
  }));
  EXPECT_EQ(outcome.error().message, "not today");
  EXPECT_EQ(people(), 0);
}

struct AddOne {
  Store& store;
  Task<bool> operator()(int i) {
    auto change = [i](Transaction& tx) -> Result<> {
      ZO_OK(add_person(tx, std::to_string(i)));
      if (i % 10 == 3) return fail(Code::Invalid, "threes are refused");
      if (i % 10 == 7) return add_person(tx, std::to_string(i));  // breaks the primary key
      return {};
    };
    const Result<> outcome = co_await store.write(std::move(change));
    co_return outcome.has_value();
  }
};

TEST_F(StoreTest, GroupsCommitsAndIsolatesTheOnesThatFail) {
  std::vector<int> items;
  for (int i = 0; i < 500; ++i) items.push_back(i);
  const std::uint64_t before = store->commits();
  const std::vector<bool> kept = run(io, gather(items, 100, AddOne{*store}));
  EXPECT_EQ(std::ranges::count(kept, true), 400);
  EXPECT_EQ(people(), 400);
  EXPECT_LT(store->commits() - before, 250u);
}

TEST_F(StoreTest, AReaderCannotWrite) {
  const Result<> outcome = run(io, store->read([](Transaction& tx) { return add_person(tx, "a"); }));
  EXPECT_FALSE(outcome);
  EXPECT_EQ(people(), 0);
}

TEST_F(StoreTest, RemembersSettings) {
  ASSERT_TRUE(add(person.string()));
  ASSERT_TRUE(run(io, write_setting(*store, person, "model", "a/b")));
  ASSERT_TRUE(run(io, write_setting(*store, person, "model", "c/d")));
  EXPECT_EQ(*run(io, read_setting(*store, person, "model")), "c/d");
  ASSERT_TRUE(run(io, write_setting(*store, person, "model", std::nullopt)));
  EXPECT_EQ(*run(io, read_setting(*store, person, "model")), std::nullopt);
}

TEST_F(StoreTest, SaysThatTheDiskIsFull) {
  auto db = SqliteConnection::open(folder / "small.db", SqliteConnection::Mode::ReadWrite);
  ASSERT_TRUE(db);
  (*db)->execute("CREATE TABLE t (x TEXT); PRAGMA max_page_count=4;");
  try {
    (*db)->change("INSERT INTO t (x) VALUES (?)", std::string(100'000, 'x'));
    FAIL() << "the database grew beyond its limit";
  } catch (const SqlFailure& failure) {
    EXPECT_EQ(failure.error.code, Code::Exhausted);
    EXPECT_NE(failure.error.message.find("is full"), std::string::npos);
  }
}

TEST_F(StoreTest, CopiesTheDatabaseBeforeAMigration) {
  ASSERT_TRUE(add("a"));
  store.reset();
  auto db = SqliteConnection::open(folder / "zo.db", SqliteConnection::Mode::ReadWrite);
  std::vector<Migration> more(migrations().begin(), migrations().end());
  more.push_back({9'999, "9999_later", "CREATE TABLE later (x TEXT)"});
  ASSERT_TRUE(migrate(**db, more, folder / "backup"));
  auto copy = SqliteConnection::open(folder / "backup/before-9999_later.db", SqliteConnection::Mode::ReadOnly);
  ASSERT_TRUE(copy);
  EXPECT_EQ((*copy)->number("SELECT COUNT(*) FROM people"), 1);
  EXPECT_EQ((*copy)->number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'later'"), 0);
}

TEST_F(StoreTest, RefusesADatabaseOfANewerVersion) {
  store.reset();
  {
    auto db = SqliteConnection::open(folder / "zo.db", SqliteConnection::Mode::ReadWrite);
    (*db)->execute("INSERT INTO migrations (number, name) VALUES (9999, '9999_future')");
  }
  EXPECT_EQ(Store::open({folder / "zo.db", folder / "backup"}).error().code, Code::Conflict);
}

// Every table as text, for comparing what a migration must keep.
std::vector<std::string> rows_of(SqliteConnection& db, const char* query, int columns) {
  std::vector<std::string> all;
  const auto rows = db.query(query);
  while (rows->next()) {
    std::string& row = all.emplace_back();
    for (int i = 0; i < columns; ++i) row += (rows->is_null(i) ? "NULL" : rows->string(i)) + "|";
  }
  return all;
}

TEST_F(StoreTest, TheTablesThatWereMadeAnewKeepTheirRows) {
  auto db = SqliteConnection::open(folder / "old.db", SqliteConnection::Mode::ReadWrite);
  ASSERT_TRUE(migrate(**db, migrations().subspan(0, 1), folder / "backup"));
  (*db)->execute(R"(
      INSERT INTO people VALUES ('p', 'Ada', 1);
      INSERT INTO conversations VALUES ('c', 'p', 'Hello', NULL, NULL, 'key', 1, 2);
      INSERT INTO runs VALUES ('r', 'p', 'c', NULL, 0, 'running', 'm', 'all', '{}', 1, 40, 0, 'me', 9, 3, 4, NULL, NULL, NULL, 1, NULL);
      INSERT INTO runs VALUES ('q', 'p', 'c', 'r', 1, 'done', 'm', 'all', '{}', 1, 40, 0, 'me', 9, 3, 4, 'invalid', 'no', 'yes', 1, 5);
      INSERT INTO messages VALUES ('m', 'p', 'c', 'r', 1, 'user', 'person', 'placed', NULL, 'Hi', NULL, NULL, NULL, NULL, 'k1', 1);
      INSERT INTO messages VALUES ('n', 'p', 'c', 'r', 2, 'assistant', 'model', 'placed', 1, 'Ho', 'why', 'o', 'stop', '[]', NULL, 2);
      INSERT INTO tool_calls VALUES ('t', 'p', 'r', 'n', 1, 0, 'c1', 'shell', '{}', 's', 'ok', 'tool', 'out', 3, 0, 'd', '[]', 1, 2);
      INSERT INTO outputs VALUES ('t', 'p', 'all of it');
      INSERT INTO events VALUES ('r', 1, 'p', 'run_started', '{}');
      INSERT INTO events VALUES ('r', 2, 'p', 'message_placed', 'm');)");
  static constexpr std::array<std::pair<const char*, int>, 6> kTables{{{"SELECT * FROM conversations ORDER BY id", 8},
                                                                       {"SELECT * FROM runs ORDER BY id", 21},
                                                                       {"SELECT * FROM messages ORDER BY id", 16},
                                                                       {"SELECT * FROM tool_calls ORDER BY id", 19},
                                                                       {"SELECT * FROM outputs ORDER BY tool_call_id", 3},
                                                                       {"SELECT * FROM events ORDER BY number", 5}}};
  std::vector<std::vector<std::string>> before;
  for (const auto& [query, columns] : kTables) before.push_back(rows_of(**db, query, columns));
  ASSERT_TRUE(migrate(**db, migrations(), folder / "backup"));
  std::vector<std::vector<std::string>> after;
  for (const auto& [query, columns] : kTables) after.push_back(rows_of(**db, query, columns));
  EXPECT_EQ(after, before);
  EXPECT_EQ(rows_of(**db, "PRAGMA foreign_key_check", 1), std::vector<std::string>{});
  EXPECT_EQ((*db)->number("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'old_%'"), 0);
}

TEST_F(StoreTest, TokensOfBeforeMayNameTheOwnersChoiceAndPagesAll) {
  auto db = SqliteConnection::open(folder / "old.db", SqliteConnection::Mode::ReadWrite);
  ASSERT_TRUE(migrate(**db, migrations().subspan(0, 2), folder / "backup"));
  (*db)->execute(R"(
      INSERT INTO people VALUES ('p', 'Ada', 1);
      INSERT INTO tokens VALUES ('a', 'p', 'page', 'a browser', 'h1', 'all', 'all', 1, NULL, NULL);
      INSERT INTO tokens VALUES ('b', 'p', 'token', 'script', 'h2', 'all', 'all', 1, NULL, NULL);
      INSERT INTO setup_links VALUES ('h3', 'p', 1, 2, NULL);)");
  ASSERT_TRUE(migrate(**db, migrations(), folder / "backup"));
  EXPECT_EQ(rows_of(**db, "SELECT id, models, stops_runs FROM tokens ORDER BY id", 3), (std::vector<std::string>{"a|all|0|", "b|chosen|0|"}));
  EXPECT_EQ(rows_of(**db, "SELECT scope, tools, models, token_id FROM setup_links", 4), (std::vector<std::string>{"all|all|all|NULL|"}));
}

TEST_F(StoreTest, AFailedMigrationChangesNothing) {
  store.reset();
  auto db = SqliteConnection::open(folder / "zo.db", SqliteConnection::Mode::ReadWrite);
  std::vector<Migration> more(migrations().begin(), migrations().end());
  more.push_back({9'999, "9999_bad", "CREATE TABLE later (x TEXT); INSERT INTO nowhere VALUES (1);"});
  EXPECT_FALSE(migrate(**db, more, folder / "backup"));
  EXPECT_EQ((*db)->number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'later'"), 0);
}

TEST_F(StoreTest, RefusesWhatIsNoDatabase) {
  write_whole_file(folder / "other.db", std::string(4'096, 'x'));
  EXPECT_EQ(Store::open({folder / "other.db", folder / "backup"}).error().code, Code::Corrupt);
}

// ZO_UPDATE_GOLDEN=1 writes the snapshot anew; a reviewer then sees what a migration changed.
TEST_F(StoreTest, TheSnapshotIsWhatTheMigrationsMake) {
  auto db = SqliteConnection::open(folder / "zo.db", SqliteConnection::Mode::ReadOnly);
  const std::string path = std::string(ZO_SOURCE_DIR) + "/schema/schema.sql";
  const std::string schema = "-- Made by the migrations; proven by store_test. Do not edit.\n\n" + describe_schema(**db);
  if (std::getenv("ZO_UPDATE_GOLDEN") != nullptr) write_whole_file(path, schema);
  EXPECT_EQ(read_whole_file(path), schema);
}

}  // namespace
}  // namespace zo
