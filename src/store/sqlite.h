// SQLite, wrapped once: a connection with a cache of prepared statements. The only includer of sqlite3.h is sqlite.cc.
// A connection is used by one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "store/transaction.h"

struct sqlite3;
struct sqlite3_stmt;

namespace zo {

class SqliteConnection final : public Transaction {
 public:
  enum class Mode { ReadWrite, ReadOnly };
  // WAL, synchronous=FULL, foreign keys on; waits 5 s for a foreign lock.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode);
  ~SqliteConnection() override;

  // Statements without parameters and rows, several at once: a migration. Throws SqlFailure.
  void execute(const std::string& sql);
  // One such statement, prepared once: BEGIN, COMMIT. Throws SqlFailure.
  void step(const char* sql) { change_with(sql, {}); }
  // True between BEGIN and COMMIT; a failure such as a full disk ends a transaction by itself.
  bool in_transaction() const;
  // Moves what the log holds into the database, as far as that can be done, so that the log begins anew in the room that it has.
  void checkpoint();
  // Stopped: only free pages are filled, and a change that needs more finds the disk full.
  enum class Growth { Free, Stopped };
  void let_grow(Growth growth);
  // A consistent copy of the whole database into a new file.
  Result<> copy_to(const std::string& path);

 protected:
  std::int64_t change_with(const char* sql, std::span<const SqlValue> values) override;
  std::unique_ptr<Rows> query_with(const char* sql, std::span<const SqlValue> values) override;

 private:
  explicit SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  // Borrowed: the statement is stepped to its end while the caller's text lives; the rows of a query may outlive it.
  enum class Texts { Borrowed, Copied };
  sqlite3_stmt* prepare(const char* sql, std::span<const SqlValue> values, Texts texts);
  Error failure(const char* sql) const;

  sqlite3* db_;
  std::string path_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;  // by the literal's address
};

}  // namespace zo
