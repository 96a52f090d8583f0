// `zo token`: who else may use this computer. Works through the server, or on the database when none runs.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "api/wire/token.h"
#include "sandbox/egress_words.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/local.h"
#include "cmd/table.h"
#include "computer/computer.h"
#include "model/models.h"

namespace zo {
namespace {

// What the command does, over HTTP or on the database: both give the same JSON.
class TokenBook {
 public:
  explicit TokenBook(Home home) : home_(std::move(home)) {}

  static Task<Result<std::unique_ptr<TokenBook>>> open(ServerChoice choice) {
    ZO_CO_TRY(const Home home, open_home());
    auto book = std::make_unique<TokenBook>(home);
    if (!choice.url.empty() || ApiClient::home_is_served(home)) {
      book->client_ = std::make_unique<ApiClient>(co_await asio::this_coro::executor, choice, home);
    } else {
      ZO_CO_TRY(book->local_, co_await open_local_home(home));
    }
    co_return book;
  }

  // Empty: no choice.
  Task<Result<Json>> create(std::string name, TokenScope scope, std::string tools, std::string models, std::string egress, std::string asks) {
    if (client_) {
      JsonObject body{{"name", name}, {"scope", scope_name(scope)}};
      if (!tools.empty()) body["tools"] = tools;
      if (!models.empty()) body["models"] = models;
      body["egress"] = egress;
      body["asks"] = asks;
      co_return co_await client_->post("/api/tokens", std::move(body));
    }
    if (asks != "wait" && asks != "refuse") co_return fail(Code::Invalid, "asks is '" + asks + "', allowed: wait, refuse");
    TokenWish wish{.name = std::move(name), .scope = scope, .tools = {}, .models = {}, .refuses_asks = asks == "refuse"};
    ZO_CO_TRY(wish.egress, egress_words(egress));
    if (!tools.empty()) {
      ZO_CO_TRY(wish.tools, choose_tools(co_await asio::this_coro::executor, tools));
    }
    if (!models.empty()) {
      ZO_CO_TRY(wish.models, choose_models(models));
    }
    ZO_CO_TRY(const NewToken made, co_await local_->accounts.create_token(local_->caller, std::move(wish)));
    co_return Json(to_json(made));
  }

  // Without the sessions of pages, which the page itself shows.
  Task<Result<JsonArray>> list() {
    JsonArray all;
    if (client_) {
      ZO_CO_TRY(all, co_await client_->list("/api/tokens", {}));
    } else {
      ZO_CO_TRY(const std::vector<TokenInfo> tokens, co_await local_->accounts.tokens(local_->caller.person));
      for (const TokenInfo& info : tokens) all.emplace_back(to_json(info));
    }
    JsonArray out;
    for (Json& token : all)
      if (string_at(token, "kind") == "token") out.push_back(std::move(token));
    co_return out;
  }

  // Without a server the runs that are to stop are those that the next one would go on with.
  Task<Result<>> revoke(std::string id, ItsRuns runs) {
    if (client_) {
      const std::string path = with_query("/api/tokens/" + percent_encode(id), {{"runs", runs == ItsRuns::Stop ? "stop" : ""}});
      const Result<Json> gone = co_await client_->remove(path);
      co_return gone ? Result<>{} : std::unexpected(gone.error());
    }
    ZO_CO_TRY(TokenId token, TokenId::parse(id, "token"));
    co_return co_await local_->accounts.revoke(local_->caller.person, std::move(token), runs);
  }

 private:
  // Among those that a server on this home would have: it is wired here, and not started.
  Result<Allowance> choose_tools(Executor executor, std::string_view text) {
    Threads threads{"zo-threads", 1};
    World world{std::move(executor), threads, local_->clock, local_->dice, {}};
    Workspaces workspaces{threads};
    return Computer(world, home_, *local_->store, workspaces).tools.choose(text);
  }

  Home home_;
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<LocalHome> local_;
};

Task<Result<int>> create(const TokenOptions& options) {
  const std::optional<TokenScope> scope = scope_from_name(options.scope);
  if (!scope) co_return fail(Code::Invalid, "there is no scope '" + options.scope + "'", "--scope all, chat or read");
  ZO_CO_TRY(const auto book, co_await TokenBook::open(options.server));
  ZO_CO_TRY(const Json made, co_await book->create(options.name, *scope, options.tools, options.models, options.egress, options.asks));
  if (options.json) {
    write_output(to_text(made) + "\n");
    co_return 0;
  }
  print_note(Terminal::detect(false), fmt::format("token '{}', scope {}, tools {}, models {}; it is shown only now", text_at(made, "name"),
                                                  text_at(made, "scope"), text_at(made, "tools"), text_at(made, "models")));
  write_output(text_at(made, "token") + "\n");
  co_return 0;
}

Task<Result<int>> list(const TokenOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto book, co_await TokenBook::open(options.server));
  ZO_CO_TRY(const JsonArray tokens, co_await book->list());
  Table table{{"ID", "SCOPE", "TOOLS", "MODELS", "CREATED", "LAST USED", "NAME"}, {}};
  for (const Json& token : tokens) {
    if (options.json) write_output(to_text(token) + "\n");
    const auto time = [&](const char* name, const char* never) {
      const std::string at = text_at(token, name);
      if (at.empty()) return std::string(never);
      return terminal.output ? local_time(at) : at;
    };
    table.rows.push_back({text_at(token, "id"), text_at(token, "scope"), text_at(token, "tools"), text_at(token, "models"),
                          time("created_at", ""), time("last_used_at", "never"), text_at(token, "name")});
  }
  if (!options.json) show_output(to_text(table, terminal, "no tokens; zo token create --name NAME --scope all makes one"));
  co_return 0;
}

Task<Result<int>> revoke(const TokenOptions& options) {
  ZO_CO_TRY(const auto book, co_await TokenBook::open(options.server));
  ZO_CO_OK(co_await book->revoke(options.id, options.stop_runs ? ItsRuns::Stop : ItsRuns::GoOn));
  print_note(Terminal::detect(false), "revoked " + options.id + (options.stop_runs ? "; its runs were stopped" : "; its runs go on"));
  co_return 0;
}

}  // namespace

int token_create(const TokenOptions& options) {
  return run_command([&options] { return create(options); });
}
int token_list(const TokenOptions& options) {
  return run_command([&options] { return list(options); });
}
int token_revoke(const TokenOptions& options) {
  return run_command([&options] { return revoke(options); });
}

}  // namespace zo
