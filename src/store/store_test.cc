#include "store/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "async/gather.h"
#include "os/file.h"
#include "store/migrate.h"
#include "store/reserve.h"
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

TEST(Reserve, HoldsRoomUntilItIsReleased) {
  const TempFolder folder;
  const Reserve reserve(folder / "reserve");
  EXPECT_EQ(reserve.held_bytes(), 0u);
  ASSERT_TRUE(reserve.take());
  EXPECT_EQ(reserve.held_bytes(), reserve.wanted_bytes());
  struct stat status{};
  ASSERT_EQ(::stat((folder / "reserve").c_str(), &status), 0);
  EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, reserve.held_bytes()) << "the room is really taken";
  reserve.release();
  EXPECT_EQ(reserve.held_bytes(), 0u);
  EXPECT_TRUE(Reserve("").take());
}

// Writes rows of 100 kB until it is told that there is no more room; how many, or -1 when it was told something else.
int fill(asio::io_context& io, Store& store) {
  const auto add = [](Transaction& tx) -> Result<> {
    tx.change("INSERT INTO big (x) VALUES (?)", std::string(100'000, 'x'));
    return {};
  };
  for (int rows = 0;; ++rows)
    if (const Result<> added = run(io, store.write(add)); !added) return added.error().code == Code::Exhausted ? rows : -1;
}

// In a mount namespace of its own, on a disk of 64 MB. The number of the step that went wrong, else 0.
int live_on_a_full_disk(const std::string& folder) {
  const bool ready = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64m") == 0;
  if (!ready) return 77;
  asio::io_context io{1};
  const StoreOptions options{folder + "/zo.db", folder + "/backup", folder + "/reserve"};
  auto store = Store::open(options);
  const auto make = [](Transaction& tx) -> Result<> { return tx.change("CREATE TABLE big (x TEXT)"), Result<>{}; };
  const auto remove = [](Transaction& tx) -> Result<> { return tx.change("DELETE FROM big WHERE rowid IN (SELECT rowid FROM big ORDER BY rowid LIMIT 20)"), Result<>{}; };
  if (!store || !run(io, (*store)->write(make))) return 1;
  Fd filler(::open((folder + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!write_all(filler.get(), std::string(20 << 20, 'x')) || fill(io, **store) < 100) return 2;
  while (write_all(filler.get(), std::string(4'096, 'x'))) {}
  if (fill(io, **store) < 0) return 3;
  for (int round = 0; round < 20; ++round) {  // what is freed is filled, and freed again
    if (!run(io, (*store)->write_to_make_room(remove))) return 10;
    const auto add = [](Transaction& tx) -> Result<> { return tx.change("INSERT INTO big (x) VALUES ('small')"), Result<>{}; };
    if (!run(io, (*store)->write(add))) return 20;
    if (fill(io, **store) < 15) return 30;
  }
  if (Reserve(options.reserve).held_bytes() == 0) return 4;
  store->reset();
  store = Store::open(options);
  if (!store) return 5;
  if (!run(io, (*store)->write_to_make_room(remove)) || fill(io, **store) < 15) return 6;
  filler = Fd();
  if (::unlink((folder + "/filler").c_str()) != 0 || !run(io, (*store)->write(make)).error().message.contains("already exists")) return 7;
  return Reserve(options.reserve).held_bytes() == Reserve(options.reserve).wanted_bytes() ? 0 : 8;
}

TEST(Reserve, WhatMakesRoomWorksOnAFullDisk) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small disk needs root";
  const TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(live_on_a_full_disk(folder.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the step that failed";
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
std::vector<std::string> rows_of(SqliteConnection& db, Sql<> query, int columns) {
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
  static constexpr std::array<std::pair<Sql<>, int>, 6> kTables{{{"SELECT * FROM conversations ORDER BY id", 8},
                                                                       {"SELECT id, person_id, conversation_id, parent_run_id, depth, state, model, tools, options, step, steps_max, attempt, "
                                                                        "input_tokens, output_tokens, error_code, error_message, error_advice, created_at, finished_at "
                                                                        "FROM runs ORDER BY id", 19},
                                                                       {"SELECT id, person_id, conversation_id, run_id, position, role, origin, state, step, text, reasoning, opaque, finish, files, "
                                                                        "client_key, created_at FROM messages ORDER BY id", 16},
                                                                       {"SELECT id, person_id, run_id, message_id, step, place, call_id, name, arguments, summary, state, origin, output, "
                                                                        "output_bytes, exit_code, diff, children, started_at, elapsed_ms FROM tool_calls ORDER BY id", 19},
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
  const std::string schema = "-- Made by the migrations; proven by store_test. Do not edit.\n\n" + (*db)->describe_schema();
  if (std::getenv("ZO_UPDATE_GOLDEN") != nullptr) write_whole_file(path, schema);
  EXPECT_EQ(read_whole_file(path), schema);
}

}  // namespace
}  // namespace zo
