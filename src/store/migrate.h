// Append-only migrations: schema/NNNN_name.sql, each run once, in order, in a transaction, with a copy of the database before.
// They are portable; `/* clustered */` after a table says that it is its primary key's tree (SQLite: WITHOUT ROWID).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

class Connection;

struct Migration {
  int number;
  std::string_view name;  // "0001_first"
  std::string_view sql;
};

// Those built into this program, ascending.
std::span<const Migration> migrations();

// Brings the database to the newest of `wanted`. Conflict when it is newer than we are.
Result<> migrate(Connection& db, std::span<const Migration> wanted, const std::string& backup_folder);

}  // namespace zo
