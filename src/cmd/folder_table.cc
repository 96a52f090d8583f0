#include "cmd/folder_table.h"

#include <boost/json.hpp>

#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

}  // namespace

Table folder_table(const Json& folder, const Terminal& terminal) {
  Table table{{"SIZE", "CHANGED", "NAME"}, {}};
  const JsonArray* items = array_at(folder, "items");
  if (items == nullptr) return table;
  for (const Json& item : *items) {
    const bool is_folder = string_at(item, "kind") == "folder";
    const auto bytes = static_cast<std::uint64_t>(integer_at(item, "size_bytes").value_or(0));
    const std::string changed = text_at(item, "modified_at");
    const std::string size = terminal.output ? human_size(bytes) : std::to_string(bytes);
    table.rows.push_back({is_folder ? "" : size, terminal.output ? local_time(changed) : changed,
                          name_in_line(text_at(item, "name")) + (is_folder ? "/" : "")});
  }
  return table;
}

}  // namespace zo
