// General secrets: set, listed, removed. Nothing here ever says one.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/secret.h"

namespace zo {

Task<Result<HttpReply>> list_secrets(ApiState& api, ApiRequest& request) { co_return json_reply(secrets_json(api.zo, request.principal.person)); }

Task<Result<HttpReply>> set_secret(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  HostSecretNew wanted;
  ZO_CO_TRY(wanted.name, required_text(body, "name"));
  ZO_CO_TRY(wanted.host, required_text(body, "host"));
  ZO_CO_TRY(wanted.value, required_text(body, "value"));
  ZO_CO_TRY(const std::optional<std::string> header, optional_text(body, "header"));
  wanted.header = header.value_or("");
  ZO_CO_TRY(const HostSecret made, co_await api.zo.secrets.set(request.principal.person, std::move(wanted)));
  co_return json_reply(to_json(made), 201);
}

Task<Result<HttpReply>> remove_secret(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.secrets.remove(request.principal.person, request.path.at("name")));
  co_return empty_reply();
}

}  // namespace zo
