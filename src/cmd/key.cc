// `zo key`: a person's own keys for model providers. Works through the server, or on the database when none runs.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "api/wire/key.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/local_computer.h"
#include "cmd/secret_input.h"
#include "cmd/table.h"

namespace zo {
namespace {

// What the command does, over HTTP or on the database: both give the same JSON.
class KeyBook {
 public:
  // Looks: a home without a database stays without one, and has no keys.
  enum class Purpose { Looks, Works };
  static Task<Result<std::unique_ptr<KeyBook>>> open(ServerChoice choice, Purpose purpose = Purpose::Works) {
    ZO_CO_TRY(const Home home, open_home());
    const Executor executor = co_await asio::this_coro::executor;
    auto book = std::make_unique<KeyBook>();
    if (!choice.url.empty() || ApiClient::home_is_served(home)) {
      book->client_ = std::make_unique<ApiClient>(executor, choice, home);
      co_return book;
    }
    if (purpose == Purpose::Looks && ::access(home.database().c_str(), F_OK) != 0) co_return book;
    ZO_CO_TRY(book->local_, co_await LocalComputer::open(home));
    co_return book;
  }

  Task<Result<Json>> add(ProviderKeyNew key) {
    if (local_) {
      ZO_CO_TRY(const ProviderKey made, co_await local_->computer->keys.add(person(), std::move(key)));
      co_return Json(to_json(made));
    }
    JsonObject body{{"name", key.name}, {"key", key.key}};
    for (const auto& [field, value] : {std::pair("provider", &key.provider), {"base_url", &key.base_url}, {"dialect", &key.dialect}})
      if (!value->empty()) body[field] = *value;
    JsonObject headers;
    for (const Header& header : key.headers) headers[header.name] = header.value;
    if (!headers.empty()) body["headers"] = std::move(headers);
    co_return co_await client_->post("/api/keys", std::move(body));
  }

  Task<Result<Json>> list() {
    if (local_) co_return Json(keys_json(*local_->computer, person()));
    if (!client_) co_return Json(JsonObject{});
    co_return co_await client_->get("/api/keys");
  }

  Task<Result<>> choose(std::string name) {
    if (local_) co_return co_await local_->computer->keys.choose(person(), std::move(name));
    co_return without_value(co_await client_->post(path_of(name) + "/use", {}));
  }

  Task<Result<Json>> take(std::string name) {
    if (local_) {
      ZO_CO_TRY(const ProviderKey made, co_await local_->computer->keys.take(person(), std::move(name)));
      co_return Json(to_json(made));
    }
    co_return co_await client_->post(path_of(name) + "/take", {});
  }

  Task<Result<>> remove(std::string name) {
    if (local_) co_return co_await local_->computer->keys.remove(person(), std::move(name));
    co_return without_value(co_await client_->remove(path_of(name)));
  }

  Task<Result<std::int64_t>> test(std::string name) {
    if (local_) {
      Task<Result<std::size_t>> testing = searches(name) ? local_->computer->searches.test(person(), name) : local_->computer->models.test_key(person(), name);
      ZO_CO_TRY(const std::size_t models, co_await std::move(testing));
      co_return static_cast<std::int64_t>(models);
    }
    ZO_CO_TRY(const Json told, co_await client_->post(path_of(name) + "/test", {}));
    if (const Json* error = find(told, "error")) {
      co_return fail(code_from_name(text_at(*error, "code")), text_at(*error, "message"), text_at(*error, "try"));
    }
    co_return integer_at(told, "models").value_or(0);
  }

  Task<Result<std::int64_t>> rotate() {
    if (local_) {
      ZO_CO_TRY(const std::size_t sealed, co_await local_->computer->vault.rotate());
      co_return static_cast<std::int64_t>(sealed);
    }
    ZO_CO_TRY(const Json told, co_await client_->post("/api/keys/rotate", {}));
    co_return integer_at(told, "sealed").value_or(0);
  }

 private:
  bool searches(const std::string& name) const {
    return std::ranges::any_of(local_->computer->keys.list(person()), [&](const ProviderKey& key) {
      const KnownProvider* const known = known_provider(key.provider);
      return key.name == name && known != nullptr && known->kind == ProviderKind::Search;
    });
  }
  const PersonId& person() const { return local_->home->caller.person; }
  static std::string path_of(const std::string& name) { return "/api/keys/" + percent_encode(name); }
  static Result<> without_value(const Result<Json>& told) { return told ? Result<>{} : std::unexpected(told.error()); }

  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<LocalComputer> local_;
};

bool is_chosen(const Json& key) {
  const Json* chosen = find(key, "chosen");
  return chosen != nullptr && chosen->is_bool() && chosen->get_bool();
}

Task<Result<int>> add(const KeyOptions& options) {
  ProviderKeyNew key{.name = options.name, .provider = options.provider, .base_url = options.base_url, .dialect = options.dialect};
  for (const std::string& line : options.headers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) co_return fail(Code::Invalid, "a header is 'NAME: VALUE'", "--header 'X-Org: mine'");
    key.headers.push_back({std::string(trim(std::string_view(line).substr(0, colon))), std::string(trim(std::string_view(line).substr(colon + 1)))});
  }
  const KnownProvider* const known = known_provider(options.provider);
  const bool searches = known != nullptr && known->kind == ProviderKind::Search;
  if (options.from_input || !searches || !known->key_variable.empty()) {
    const std::string prompt = fmt::format("The key '{}' (it is not shown): ", options.name);
    ZO_CO_TRY(key.key, options.from_input ? piped_secret("zo key add NAME --provider P --stdin < FILE") : typed_secret(prompt));
  }
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_TRY(const Json made, co_await book->add(std::move(key)));
  if (options.json) write_output(to_text(made) + "\n");
  if (searches) {
    print_note(Terminal::detect(options.json), fmt::format("'{0}' is kept: agents can search the web with {1}; zo key test {0} tries it, zo key use {0} chooses it among several", options.name, known->label));
    co_return 0;
  }
  const bool chosen = is_chosen(made);
  print_note(Terminal::detect(options.json),
             fmt::format("the key '{0}' of {1} is sealed{2}; zo key test {0} tries it, zo model use {1}/MODEL uses it", options.name, text_at(made, "provider"),
                         chosen ? "" : fmt::format(", beside the one in use: zo key use {}", options.name)));
  co_return 0;
}

Task<Result<int>> list(const KeyOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server, KeyBook::Purpose::Looks));
  ZO_CO_TRY(const Json keys, co_await book->list());
  const JsonArray* items = array_at(keys, "items");
  Table table{{"NAME", "PROVIDER", "IN USE", "ENDS IN", "FROM", "ADDRESS"}, {}};
  for (const Json& key : items != nullptr ? *items : JsonArray{}) {
    if (options.json) write_output(to_text(key) + "\n");
    const std::string hint = text_at(key, "hint");
    table.rows.push_back({text_at(key, "name"), text_at(key, "provider"), is_chosen(key) ? "yes" : "", hint.empty() ? "" : "…" + hint, text_at(key, "source"),
                          text_at(key, "base_url")});
  }
  if (!options.json) show_output(to_text(table, terminal, "no keys; zo key add NAME --provider P gives one"));
  if (const std::string problem = text_at(keys, "problem"); !problem.empty()) print_error({Code::Unavailable, problem, ""});
  co_return 0;
}

Task<Result<int>> use(const KeyOptions& options) {
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_OK(co_await book->choose(options.name));
  print_note(Terminal::detect(false), fmt::format("'{}' is in use at its provider", options.name));
  co_return 0;
}

Task<Result<int>> test(const KeyOptions& options) {
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_TRY(const std::int64_t models, co_await book->test(options.name));
  if (options.json) write_output(fmt::format("{{\"ok\":true,\"models\":{}}}\n", models));
  else write_output(fmt::format("'{}' works; its provider lists {} models\n", options.name, models));
  co_return 0;
}

Task<Result<int>> take(const KeyOptions& options) {
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_TRY(const Json made, co_await book->take(options.name));
  print_note(Terminal::detect(false), fmt::format("{} is sealed as '{}'; the variable is not needed any more", options.name, text_at(made, "name")));
  co_return 0;
}

Task<Result<int>> remove(const KeyOptions& options) {
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_OK(co_await book->remove(options.name));
  print_note(Terminal::detect(false), fmt::format("removed '{}'", options.name));
  co_return 0;
}

Task<Result<int>> rotate(const KeyOptions& options) {
  ZO_CO_TRY(const auto book, co_await KeyBook::open(options.server));
  ZO_CO_TRY(const std::int64_t sealed, co_await book->rotate());
  print_note(Terminal::detect(false), fmt::format("{} {} sealed anew, with a new master key", sealed, sealed == 1 ? "key is" : "keys are"));
  co_return 0;
}

}  // namespace

int key_add(const KeyOptions& options) {
  return run_command([&options] { return add(options); });
}
int key_list(const KeyOptions& options) {
  return run_command([&options] { return list(options); });
}
int key_use(const KeyOptions& options) {
  return run_command([&options] { return use(options); });
}
int key_test(const KeyOptions& options) {
  return run_command([&options] { return test(options); });
}
int key_take(const KeyOptions& options) {
  return run_command([&options] { return take(options); });
}
int key_remove(const KeyOptions& options) {
  return run_command([&options] { return remove(options); });
}
int key_rotate(const KeyOptions& options) {
  return run_command([&options] { return rotate(options); });
}

}  // namespace zo
