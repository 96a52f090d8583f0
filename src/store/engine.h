// What knows a database program. The store, the migrations and everybody else know only this; SQLite is the one that ships.
//
// Beside the SQL that both understand, every engine has the function contains_text(text, part): whether `text` contains `part`, where
// the letters a to z are the same as A to Z. Nobody uses LIKE, whose rule of case differs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/transaction.h"

namespace zo {

// Used by one thread at a time. What fails throws SqlFailure, which says whether it may pass.
class Connection : public Transaction {
 public:
  enum class Mode { ReadWrite, ReadOnly };
  virtual void begin(Mode mode) = 0;
  virtual void commit() = 0;
  virtual void roll_back() = 0;
  // True between begin() and the end; a failure such as a full disk ends a transaction by itself.
  virtual bool in_transaction() const = 0;
  // One closure of several in a transaction: undone alone.
  virtual void mark() = 0;
  virtual void keep_since_mark() = 0;
  virtual void undo_since_mark() = 0;

  // Statements without parameters and rows, several at once, in the SQL of both engines: a migration.
  virtual void execute(const std::string& sql) = 0;
  // Moves what the log holds into the database, as far as that can be done, so that the log begins anew in the room that it has.
  virtual void checkpoint() = 0;
  // Stopped: only free pages are filled, and a change that needs more finds the disk full.
  enum class Growth { Free, Stopped };
  virtual void let_grow(Growth growth) = 0;
  // A consistent copy of the whole database into a new file.
  virtual Result<> copy_to(const std::string& path) = 0;

 protected:
  // For a connection that stands before another one.
  static std::int64_t change_in(Connection& other, const char* sql, std::span<const SqlValue> values) { return other.change_with(sql, values); }
  static std::unique_ptr<Rows> query_in(Connection& other, const char* sql, std::span<const SqlValue> values) { return other.query_with(sql, values); }
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Connection>> open(Connection::Mode mode) = 0;
  // Where the database is, for messages.
  virtual const std::string& path() const = 0;
};

}  // namespace zo
