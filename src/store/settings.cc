#include "store/settings.h"

#include "store/store.h"

namespace zo {

Task<Result<std::optional<std::string>>> read_setting(Store& store, PersonId person, std::string name) {
  auto question = [person, name](Transaction& tx) -> Result<std::optional<std::string>> {
    const auto rows = tx.query("SELECT value FROM settings WHERE person_id = ? AND name = ?", person, name);
    return rows->next() ? rows->optional_string(0) : std::nullopt;
  };
  co_return co_await store.read(std::move(question));
}

Task<Result<>> write_setting(Store& store, PersonId person, std::string name, std::optional<std::string> value) {
  auto change = [person, name, value](Transaction& tx) -> Result<> {
    if (value)
      tx.change(
          "INSERT INTO settings (person_id, name, value) VALUES (?, ?, ?) "
          "ON CONFLICT (person_id, name) DO UPDATE SET value = excluded.value",
          person, name, *value);
    else
      tx.change("DELETE FROM settings WHERE person_id = ? AND name = ?", person, name);
    return {};
  };
  co_return co_await store.write(std::move(change));
}

}  // namespace zo
