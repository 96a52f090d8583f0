#include "store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <mutex>

namespace zo {
namespace {

class SqliteRows final : public Rows {
 public:
  using Fail = std::function<SqlFailure()>;
  SqliteRows(sqlite3_stmt* statement, Fail fail) : statement_(statement), fail_(std::move(fail)) {}
  ~SqliteRows() override { sqlite3_reset(statement_); }
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  bool next() override {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    throw fail_();
  }
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
  Fail fail_;
};

void bind(sqlite3_stmt* statement, int index, const SqlValue& value, sqlite3_destructor_type lifetime) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *number);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    sqlite3_bind_text64(statement, index, text->data() != nullptr ? text->data() : "", text->size(), lifetime, SQLITE_UTF8);
  } else {
    sqlite3_bind_null(statement, index);
  }
}

char without_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return bytes == nullptr ? std::string_view{} : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

void contains_text(sqlite3_context* context, int, sqlite3_value** values) {
  const auto same = [](char a, char b) { return without_case(a) == without_case(b); };
  sqlite3_result_int(context, std::ranges::search(text_of(values[0]), text_of(values[1]), same).empty() && !text_of(values[1]).empty() ? 0 : 1);
}

// Migrations are portable but for this: `clustered` says that a table is the tree of its primary key.
std::string in_sqlite(std::string_view portable) {
  static constexpr std::string_view kClustered = "/* clustered */";
  std::string sql(portable);
  for (std::size_t at = sql.find(kClustered); at != sql.npos; at = sql.find(kClustered, at))
    sql.replace(at, kClustered.size(), "WITHOUT ROWID");
  return sql;
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode) {
  // Its statistics of memory would put one lock around every allocation of all connections.
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
  sqlite3* db = nullptr;
  const int flags = (mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, path));
  if (code != SQLITE_OK) return std::unexpected(connection->failure("open").error);
  try {
    sqlite3_busy_timeout(db, 5'000);
    sqlite3_create_function(db, "contains_text", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, contains_text, nullptr, nullptr);
    connection->execute("PRAGMA foreign_keys=ON; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;");
    if (mode == Mode::ReadWrite) {
      connection->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;");
      ::chmod(path.c_str(), 0600);
    } else {
      connection->execute("PRAGMA query_only=ON;");
    }
  } catch (const SqlFailure& failure) {
    return std::unexpected(failure.error);
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

void SqliteConnection::execute(const std::string& portable) {
  const std::string sql = in_sqlite(portable);
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw failure(sql.c_str());
}

void SqliteConnection::begin(Mode mode) {
  if (mode == Mode::ReadWrite) change_with("BEGIN IMMEDIATE", {});
  else change_with("BEGIN", {});
}
void SqliteConnection::commit() { change_with("COMMIT", {}); }
void SqliteConnection::roll_back() { change_with("ROLLBACK", {}); }
void SqliteConnection::mark() { change_with("SAVEPOINT one", {}); }
void SqliteConnection::keep_since_mark() { change_with("RELEASE one", {}); }
void SqliteConnection::undo_since_mark() {
  change_with("ROLLBACK TO one", {});
  change_with("RELEASE one", {});
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

void SqliteConnection::checkpoint() { sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr); }

void SqliteConnection::let_grow(Growth growth) {
  // A limit below the present size means the present size; the other is the largest that there is.
  execute(growth == Growth::Free ? "PRAGMA max_page_count=4294967294" : "PRAGMA max_page_count=1");
}

Result<> SqliteConnection::copy_to(const std::string& path) {
  sqlite3* target = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_backup* backup = sqlite3_backup_init(target, "main", db_, "main");
    if (backup != nullptr) sqlite3_backup_step(backup, -1);
    code = backup != nullptr ? sqlite3_backup_finish(backup) : SQLITE_CANTOPEN;
  }
  sqlite3_close_v2(target);
  ::chmod(path.c_str(), 0600);
  if (code == SQLITE_OK) return {};
  return fail(Code::Unavailable, fmt::format("cannot copy the database {} to {}: {}", path_, path, sqlite3_errstr(code)),
              "free some space, then start again");
}

std::int64_t SqliteConnection::change_with(const char* sql, std::span<const SqlValue> values) {
  sqlite3_stmt* statement = prepare(sql, values, Texts::Borrowed);
  const int code = sqlite3_step(statement);
  const bool failed = code != SQLITE_DONE && code != SQLITE_ROW;
  const SqlFailure why = failed ? failure(sql) : SqlFailure{};
  sqlite3_reset(statement);
  if (failed) throw why;
  return sqlite3_changes64(db_);
}

std::unique_ptr<Rows> SqliteConnection::query_with(const char* sql, std::span<const SqlValue> values) {
  return std::make_unique<SqliteRows>(prepare(sql, values, Texts::Copied), [this, sql] { return failure(sql); });
}

sqlite3_stmt* SqliteConnection::prepare(const char* sql, std::span<const SqlValue> values, Texts texts) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr && sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    const SqlFailure why = failure(sql);
    statements_.erase(sql);
    throw why;
  }
  sqlite3_reset(statement);
  const sqlite3_destructor_type lifetime = texts == Texts::Borrowed ? SQLITE_STATIC : SQLITE_TRANSIENT;
  for (std::size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i + 1), values[i], lifetime);
  return statement;
}

SqlFailure SqliteConnection::failure(const char* sql) const {
  const int code = db_ != nullptr ? sqlite3_errcode(db_) : SQLITE_NOMEM;
  const char* message = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {{Code::Exhausted, fmt::format("the disk that holds {} is full; nothing was changed", path_), "free some space"}, SqlFailure::Kind::DiskFull};
    case SQLITE_IOERR:
      return {{Code::Unavailable, fmt::format("the disk that holds {} failed: {}", path_, message), "check the disk and free space"}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {{Code::Corrupt, fmt::format("the database {} is damaged: {}", path_, message), "zo doctor"}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {{Code::Unavailable, fmt::format("another program holds the database {}", path_), "end that program"}, SqlFailure::Kind::MayPass};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return {{Code::Denied, fmt::format("cannot open the database {}: {}", path_, message), "check its owner and mode"}};
    case SQLITE_CONSTRAINT: return {{Code::Conflict, fmt::format("a rule of the database was broken: {}", message), ""}};
    default: return {{Code::Internal, fmt::format("database: {} in: {}", message, sql), ""}};
  }
}

std::string SqliteConnection::describe_schema() {
  std::string out;
  const auto rows = query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name");
  while (rows->next()) out += rows->string(0) + ";\n\n";
  return out;
}

Result<std::unique_ptr<Connection>> SqliteEngine::open(Connection::Mode mode) {
  ZO_TRY(std::unique_ptr<SqliteConnection> connection, SqliteConnection::open(path_, mode));
  return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace zo
