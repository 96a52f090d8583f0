// The key that seals all others: a file of the owner's, outside the database and its backups. Blocking.
#pragma once

#include <optional>
#include <string>

#include "vault/seal.h"

namespace zo {

// NotFound when there is none; Denied when others may read it; Corrupt when it holds something else.
Result<SealKey> load_key_file(const std::string& path);
// Whole or not at all, 0600; missing folders are made.
Result<> save_key_file(const std::string& path, const SealKey& key);

}  // namespace zo
