// `zo file`: the files of the workspace.
#include <boost/json.hpp>

#include "base/shown.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/folder_table.h"
#include "cmd/frame.h"
#include "cmd/start.h"

namespace zo {
namespace {

Task<Result<int>> list(const FileOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  const std::string folder = options.paths.empty() ? "" : name_from_line(options.paths.front());
  ZO_CO_TRY(const Json found, co_await client->get(with_query("/api/files", {{"path", folder}})));
  const JsonArray* items = array_at(found, "items");
  if (options.json && items != nullptr)
    for (const Json& item : *items) write_output(to_text(item) + "\n");
  if (!options.json) show_output(to_text(folder_table(found, terminal), terminal, "the folder is empty"));
  if (bool_at(found, "truncated").value_or(false) && items != nullptr)
    print_note(terminal, "only the first " + with_thousands(items->size()) + " are listed");
  co_return 0;
}

// One after the other; what comes after one that cannot be removed stays.
Task<Result<int>> remove(const FileOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  for (const std::string& path : options.paths) {
    const std::string name = name_from_line(path);
    ZO_CO_OK(co_await client->remove(with_query("/api/files/content", {{"path", name}})));
    print_note(terminal, "removed " + name_in_line(name));
  }
  co_return 0;
}

}  // namespace

int file_list(const FileOptions& options) {
  return run_command([&options] { return list(options); });
}
int file_remove(const FileOptions& options) {
  return run_command([&options] { return remove(options); });
}

}  // namespace zo
