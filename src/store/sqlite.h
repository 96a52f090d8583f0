// SQLite, wrapped once: a connection with a cache of prepared statements. The only includer of sqlite3.h is sqlite.cc.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "store/engine.h"

struct sqlite3;
struct sqlite3_stmt;

namespace zo {

class SqliteConnection final : public Connection {
 public:
  // WAL, synchronous=FULL, foreign keys on; waits 5 s for a foreign lock.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode);
  ~SqliteConnection() override;

  void begin(Mode mode) override;
  void commit() override;
  void roll_back() override;
  bool in_transaction() const override;
  void mark() override;
  void keep_since_mark() override;
  void undo_since_mark() override;
  void execute(const std::string& sql) override;
  void checkpoint() override;
  void let_grow(Growth growth) override;
  Result<> copy_to(const std::string& path) override;
  // The schema as SQLite itself describes it, one statement a paragraph, sorted by name: what schema/schema.sql holds.
  std::string describe_schema();

 protected:
  std::int64_t change_with(const char* sql, std::span<const SqlValue> values) override;
  std::unique_ptr<Rows> query_with(const char* sql, std::span<const SqlValue> values) override;

 private:
  explicit SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  // Borrowed: the statement is stepped to its end while the caller's text lives; the rows of a query may outlive it.
  enum class Texts { Borrowed, Copied };
  sqlite3_stmt* prepare(const char* sql, std::span<const SqlValue> values, Texts texts);
  SqlFailure failure(const char* sql) const;

  sqlite3* db_;
  std::string path_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;  // by the literal's address
};

class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(std::string path) : path_(std::move(path)) {}
  Result<std::unique_ptr<Connection>> open(Connection::Mode mode) override;
  const std::string& path() const override { return path_; }

 private:
  std::string path_;
};

}  // namespace zo
