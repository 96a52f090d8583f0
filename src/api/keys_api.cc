// The keys of model providers: given, listed, tried, removed. Nothing here ever says one.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/key.h"
#include "api/wire/records.h"

namespace zo {
namespace {

Result<std::vector<Header>> headers_in(const JsonObject& body) {
  std::vector<Header> headers;
  const Json* given = find(body, "headers");
  if (given == nullptr || given->is_null()) return headers;
  if (!given->is_object()) return fail(Code::Invalid, "headers must be an object of names and values");
  for (const auto& [name, value] : given->get_object()) {
    if (!value.is_string()) return fail(Code::Invalid, "headers must be an object of names and values");
    headers.push_back({std::string(name), std::string(value.get_string())});
  }
  return headers;
}

Result<HttpReply> keys_reply(ApiState& api, const PersonId& person) { return json_reply(keys_json(api.zo, person)); }

void tell_models(ApiState& api, const PersonId& person) { api.zo.notices.tell(person, {Notice::What::Models, ""}); }

}  // namespace

Task<Result<HttpReply>> list_providers(ApiState&, ApiRequest&) {
  JsonArray items;
  for (const KnownProvider& known : known_providers()) items.emplace_back(to_json(known));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> list_keys(ApiState& api, ApiRequest& request) { co_return keys_reply(api, request.principal.person); }

Task<Result<HttpReply>> add_key(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ProviderKeyNew wanted;
  ZO_CO_TRY(wanted.name, required_text(body, "name"));
  ZO_CO_TRY(const std::optional<std::string> key, optional_text(body, "key"));
  ZO_CO_TRY(const std::optional<std::string> provider, optional_text(body, "provider"));
  ZO_CO_TRY(const std::optional<std::string> base_url, optional_text(body, "base_url"));
  ZO_CO_TRY(const std::optional<std::string> dialect, optional_text(body, "dialect"));
  ZO_CO_TRY(wanted.headers, headers_in(body));
  wanted.key = key.value_or("");
  wanted.provider = provider.value_or("");
  wanted.base_url = base_url.value_or("");
  // An address of one's own is dialled as it stands, wherever it is.
  if (!wanted.base_url.empty() && !request.principal.is_person)
    co_return fail(Code::Denied, "an address of a key's own is for a person to give", "on the page, or with zo key add on this machine");
  wanted.dialect = dialect.value_or("");
  ZO_CO_TRY(const ProviderKey made, co_await api.zo.keys.add(request.principal.person, std::move(wanted)));
  tell_models(api, request.principal.person);
  co_return json_reply(to_json(made), 201);
}

Task<Result<HttpReply>> take_key(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ProviderKey made, co_await api.zo.keys.take(request.principal.person, request.path.at("name")));
  tell_models(api, request.principal.person);
  co_return json_reply(to_json(made), 201);
}

Task<Result<HttpReply>> choose_key(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.keys.choose(request.principal.person, request.path.at("name")));
  tell_models(api, request.principal.person);
  co_return keys_reply(api, request.principal.person);
}

Task<Result<HttpReply>> remove_key(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.keys.remove(request.principal.person, request.path.at("name")));
  tell_models(api, request.principal.person);
  co_return empty_reply();
}

Task<Result<HttpReply>> test_key(ApiState& api, ApiRequest& request) {
  const std::vector<ProviderKey> keys = api.zo.keys.list(request.principal.person);
  const auto key = std::ranges::find(keys, request.path.at("name"), &ProviderKey::name);
  if (key == keys.end()) co_return std::unexpected(no_such_key(request.path.at("name")));
  const std::int64_t began = api.zo.world.clock.steady_ms();
  const KnownProvider* const known = known_provider(key->provider);
  const bool searches = known != nullptr && known->kind == ProviderKind::Search;
  Task<Result<std::size_t>> testing = searches ? api.zo.searches.test(request.principal.person, request.path.at("name"))
                                               : api.zo.models.test_key(request.principal.person, request.path.at("name"));
  const Result<std::size_t> models = co_await std::move(testing);
  if (!models) co_return json_reply({{"ok", false}, {"error", to_json(models.error())}});
  co_return json_reply({{"ok", true}, {"models", *models}, {"elapsed_ms", api.zo.world.clock.steady_ms() - began}});
}

Task<Result<HttpReply>> rotate_keys(ApiState& api, ApiRequest&) {
  ZO_CO_TRY(const std::size_t sealed, co_await api.zo.vault.rotate());
  co_return json_reply({{"sealed", sealed}});
}

}  // namespace zo
