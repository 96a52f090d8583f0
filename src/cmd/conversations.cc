// `zo conversations`: what was talked about.
#include <boost/json.hpp>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/history.h"
#include "cmd/start.h"
#include "cmd/table.h"

namespace zo {
namespace {

Task<Result<int>> list(const ConversationsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto history, co_await History::open(options.server));
  ZO_CO_TRY(const JsonArray conversations, co_await history->conversations(options.search));
  Table table{{"ID", "CHANGED", "", "TITLE"}, {}, 2};
  for (const Json& conversation : conversations) {
    if (options.json) write_output(to_text(conversation) + "\n");
    const std::string changed = text_at(conversation, "updated_at");
    table.rows.push_back({text_at(conversation, "id"), terminal.output ? local_time(changed) : changed,
                          text_at(conversation, "active_run_id").empty() ? "" : "works", text_at(conversation, "title")});
  }
  const std::string_view none = options.search.empty() ? "no conversations yet; zo chat begins one" : "no conversation has these words";
  if (!options.json) show_output(to_text(table, terminal, none));
  co_return 0;
}

Task<Result<int>> set_egress(const ConversationsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  const std::string path = "/api/conversations/" + percent_encode(options.id);
  Json now;
  if (options.words.empty()) {
    ZO_CO_TRY(now, co_await client->get(path));
  } else {
    ZO_CO_TRY(now, co_await client->patch(path, JsonObject{{"egress", join(options.words, " ")}}));
  }
  if (options.json) write_output(to_text(now) + "\n");
  else write_output(text_at(now, "egress") + "\n");
  co_return 0;
}

}  // namespace

int conversations_egress(const ConversationsOptions& options) {
  return run_command([&options] { return set_egress(options); });
}
int conversations_list(const ConversationsOptions& options) {
  return run_command([&options] { return list(options); });
}

}  // namespace zo
