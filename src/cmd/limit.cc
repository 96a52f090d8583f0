// `zo limit`: the limits that a person can change. Works through the server, or on the database when none runs.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/limit_book.h"
#include "cmd/table.h"

namespace zo {
namespace {

constexpr std::string_view kUsual = "default";

Task<Result<int>> list(const LimitOptions& options) {
  ZO_CO_TRY(const auto book, co_await LimitBook::open(options.server));
  ZO_CO_TRY(const JsonArray all, co_await book->list());
  Table table{{"LIMIT", "VALUE", "BOUNDS", "WHAT IT PROTECTS"}, {}};
  for (const Json& item : all) {
    if (options.json) write_output(to_text(item) + "\n");
    const std::string text = text_at(item, "text") + (bool_at(item, "chosen").value_or(false) ? " (chosen)" : "");
    table.rows.push_back({text_at(item, "name"), text, text_at(item, "bounds"), text_at(item, "protects")});
  }
  if (!options.json) show_output(to_text(table, Terminal::detect(false), "no limits"));
  co_return 0;
}

Task<Result<int>> set(const LimitOptions& options) {
  ZO_CO_TRY(const LimitSpec* spec, find_limit(options.name));
  std::optional<std::int64_t> value;
  if (options.value != kUsual) {
    ZO_CO_TRY(value, limit_from_text(*spec, options.value));
  }
  ZO_CO_TRY(const auto book, co_await LimitBook::open(options.server));
  ZO_CO_TRY(const Json now, co_await book->set(spec->limit, value));
  if (options.json) write_output(to_text(now) + "\n");
  else print_note(Terminal::detect(false), fmt::format("{} is {}, for what begins from now on", text_at(now, "name"), text_at(now, "text")));
  co_return 0;
}

}  // namespace

int limit_list(const LimitOptions& options) {
  return run_command([&options] { return list(options); });
}
int limit_set(const LimitOptions& options) {
  return run_command([&options] { return set(options); });
}

}  // namespace zo
