#include "store/migrate.h"

#include <filesystem>

#include "base/log.h"
#include "store/engine.h"

namespace zo {
namespace {

Result<> copy_before(Connection& db, const std::string& folder, const Migration& migration) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::Unavailable, fmt::format("cannot make the folder {}: {}", folder, error.message()));
  const std::string path = fmt::format("{}/before-{}.db", folder, migration.name);
  std::filesystem::remove(path, error);
  return db.copy_to(path);
}

Result<> apply(Connection& db, const Migration& migration) {
  try {
    db.begin(Connection::Mode::ReadWrite);
    // Another process may have been here since we looked.
    if (db.number("SELECT COUNT(*) FROM migrations WHERE number = ?", migration.number) == 1) {
      db.roll_back();
      return {};
    }
    db.execute(std::string(migration.sql));
    db.change("INSERT INTO migrations (number, name) VALUES (?, ?)", migration.number, migration.name);
    db.commit();
  } catch (const SqlFailure& failure) {
    if (db.in_transaction()) db.roll_back();
    Error error = failure.error;
    error.message = fmt::format("migration {}: {}", migration.name, error.message);
    return std::unexpected(error);
  }
  log_info("store", fmt::format("applied migration {}", migration.name));
  return {};
}

}  // namespace

Result<> migrate(Connection& db, std::span<const Migration> wanted, const std::string& backup_folder) {
  std::int64_t have = 0;
  try {
    db.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    have = db.number("SELECT MAX(number) FROM migrations");
  } catch (const SqlFailure& failure) {
    return std::unexpected(failure.error);
  }
  const std::int64_t newest = wanted.empty() ? 0 : wanted.back().number;
  if (have > newest)
    return fail(Code::Conflict, fmt::format("the database was made by a newer ZoClone (schema {}, this one knows {})", have, newest),
                "start the newer ZoClone, or use another ZO_HOME");
  for (const Migration& migration : wanted) {
    if (migration.number <= have) continue;
    // Beside a server nothing changes under its feet.
    if (have > 0 && backup_folder.empty())
      return fail(Code::Conflict, "this ZoClone is newer than the one that last used this folder, and its database must be brought up to date first", "start zo serve once");
    if (have > 0) ZO_OK(copy_before(db, backup_folder, migration));
    ZO_OK(apply(db, migration));
  }
  return {};
}

}  // namespace zo
