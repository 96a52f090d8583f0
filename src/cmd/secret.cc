// `zo secret`: general secrets, each bound to a host. Works through the server, or on the database when none runs.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "api/wire/secret.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/local_computer.h"
#include "cmd/secret_input.h"
#include "cmd/table.h"

namespace zo {
namespace {

// What the command does, over HTTP or on the database: both give the same JSON.
class SecretBook {
 public:
  // Looks: a home without a database stays without one, and has no secrets.
  enum class Purpose { Looks, Works };
  static Task<Result<std::unique_ptr<SecretBook>>> open(ServerChoice choice, Purpose purpose = Purpose::Works) {
    ZO_CO_TRY(const Home home, open_home());
    auto book = std::make_unique<SecretBook>();
    if (!choice.url.empty() || ApiClient::home_is_served(home)) {
      book->client_ = std::make_unique<ApiClient>(co_await asio::this_coro::executor, choice, home);
      co_return book;
    }
    if (purpose == Purpose::Looks && ::access(home.database().c_str(), F_OK) != 0) co_return book;
    ZO_CO_TRY(book->local_, co_await LocalComputer::open(home));
    co_return book;
  }

  Task<Result<Json>> set(HostSecretNew secret) {
    if (local_) {
      ZO_CO_TRY(const HostSecret made, co_await local_->computer->secrets.set(local_->person(), std::move(secret)));
      co_return Json(to_json(made));
    }
    JsonObject body{{"name", secret.name}, {"host", secret.host}, {"value", secret.value}};
    if (!secret.header.empty()) body["header"] = secret.header;
    co_return co_await client_->post("/api/secrets", std::move(body));
  }

  Task<Result<Json>> list() {
    if (local_) co_return Json(secrets_json(*local_->computer, local_->person()));
    if (!client_) co_return Json(JsonObject{});
    co_return co_await client_->get("/api/secrets");
  }

  Task<Result<>> remove(std::string name) {
    if (local_) co_return co_await local_->computer->secrets.remove(local_->person(), std::move(name));
    const Result<Json> gone = co_await client_->remove("/api/secrets/" + percent_encode(name));
    co_return gone ? Result<>{} : std::unexpected(gone.error());
  }

 private:
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<LocalComputer> local_;
};

Task<Result<int>> set(const SecretOptions& options) {
  HostSecretNew secret{.name = options.name, .host = options.host, .header = options.header, .value = {}};
  const std::string prompt = fmt::format("The secret '{}' for {} (it is not shown): ", options.name, options.host);
  ZO_CO_TRY(secret.value, options.from_input ? piped_secret("zo secret set NAME --host HOST --stdin < FILE") : typed_secret(prompt));
  ZO_CO_TRY(const auto book, co_await SecretBook::open(options.server));
  ZO_CO_TRY(const Json made, co_await book->set(std::move(secret)));
  if (options.json) write_output(to_text(made) + "\n");
  print_note(Terminal::detect(options.json), fmt::format("the secret '{}' is sealed; in a sandbox {}/… is {}/… with it", options.name, text_at(made, "url"), text_at(made, "host")));
  co_return 0;
}

Task<Result<int>> list(const SecretOptions& options) {
  ZO_CO_TRY(const auto book, co_await SecretBook::open(options.server, SecretBook::Purpose::Looks));
  ZO_CO_TRY(const Json secrets, co_await book->list());
  const JsonArray* items = array_at(secrets, "items");
  Table table{{"NAME", "HOST", "HEADER", "ENDS IN", "IN A SANDBOX"}, {}};
  for (const Json& secret : items != nullptr ? *items : JsonArray{}) {
    if (options.json) write_output(to_text(secret) + "\n");
    const std::string hint = text_at(secret, "hint");
    table.rows.push_back({text_at(secret, "name"), text_at(secret, "host"), text_at(secret, "header"), hint.empty() ? "" : "…" + hint, text_at(secret, "url")});
  }
  if (!options.json) show_output(to_text(table, Terminal::detect(false), "no secrets; zo secret set NAME --host HOST gives one"));
  if (const std::string problem = text_at(secrets, "problem"); !problem.empty()) print_error({Code::Unavailable, problem, ""});
  co_return 0;
}

Task<Result<int>> remove(const SecretOptions& options) {
  ZO_CO_TRY(const auto book, co_await SecretBook::open(options.server));
  ZO_CO_OK(co_await book->remove(options.name));
  print_note(Terminal::detect(false), fmt::format("removed '{}'", options.name));
  co_return 0;
}

}  // namespace

int secret_set(const SecretOptions& options) {
  return run_command([&options] { return set(options); });
}
int secret_list(const SecretOptions& options) {
  return run_command([&options] { return list(options); });
}
int secret_remove(const SecretOptions& options) {
  return run_command([&options] { return remove(options); });
}

}  // namespace zo
