// `zo door`: who may be reached beyond what is usual, and what went out. Works through the server, or on the database when none runs.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/door_book.h"
#include "cmd/frame.h"
#include "cmd/table.h"

namespace zo {
namespace {

Task<Result<int>> allow(const DoorOptions& options) {
  ZO_CO_TRY(const auto book, co_await DoorBook::open(options.server));
  ZO_CO_TRY(const Json rule, co_await book->allow(options.host, options.is_private ? Reach::Private : Reach::Public));
  const bool is_private = bool_at(rule, "private").value_or(false);
  print_note(Terminal::detect(false), fmt::format("{} is allowed{}", text_at(rule, "rule"), is_private ? ", on private addresses, too" : ""));
  co_return 0;
}

Task<Result<int>> revoke(const DoorOptions& options) {
  ZO_CO_TRY(const auto book, co_await DoorBook::open(options.server));
  ZO_CO_OK(co_await book->revoke(options.host, options.is_private ? Reach::Private : Reach::Public));
  print_note(Terminal::detect(false), fmt::format("{} is no longer allowed{}", options.host, options.is_private ? " on private addresses" : ""));
  co_return 0;
}

Task<Result<int>> list(const DoorOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto book, co_await DoorBook::open(options.server));
  ZO_CO_TRY(const JsonArray rules, co_await book->rules());
  Table table{{"RULE", "ADDRESSES", "SINCE"}, {}};
  for (const Json& rule : rules) {
    if (options.json) write_output(to_text(rule) + "\n");
    const std::string since = text_at(rule, "created_at");
    table.rows.push_back({text_at(rule, "rule"), bool_at(rule, "private").value_or(false) ? "any" : "public", terminal.output ? local_time(since) : since});
  }
  if (!options.json) show_output(to_text(table, terminal, "no rules: public addresses at ports 80, 443, 8080 and 8443 are reached"));
  co_return 0;
}

Task<Result<int>> log(const DoorOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto book, co_await DoorBook::open(options.server));
  ZO_CO_TRY(const JsonArray rows, co_await book->log(options.run));
  Table table{{"AT", "VERDICT", "PURPOSE", "HOST", "RECEIVED", "WHY"}, {}};
  for (const Json& row : rows) {
    if (options.json) write_output(to_text(row) + "\n");
    const std::string at = text_at(row, "at");
    const auto received = integer_at(row, "received_bytes");
    const std::string failure = text_at(row, "failure");
    const std::int64_t port = integer_at(row, "port").value_or(0);
    table.rows.push_back({terminal.output ? local_time(at) : at, text_at(row, "verdict"), text_at(row, "purpose"),
                          text_at(row, "host") + (port == 0 ? "" : fmt::format(":{}", port)),
                          received ? human_size(static_cast<std::uint64_t>(*received)) : "", failure.empty() ? text_at(row, "reason") : failure});
  }
  if (!options.json) show_output(to_text(table, terminal, "nothing went out"));
  co_return 0;
}

}  // namespace

int door_allow(const DoorOptions& options) {
  return run_command([&options] { return allow(options); });
}
int door_revoke(const DoorOptions& options) {
  return run_command([&options] { return revoke(options); });
}
int door_list(const DoorOptions& options) {
  return run_command([&options] { return list(options); });
}
int door_log(const DoorOptions& options) {
  return run_command([&options] { return log(options); });
}

}  // namespace zo
