#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/door.h"

namespace zo {

Task<Result<HttpReply>> list_door_rules(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::vector<DoorRule> rules, co_await api.zo.door.rules(request.principal.person));
  JsonArray items;
  for (const DoorRule& rule : rules) items.emplace_back(to_json(rule));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> allow_host(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string host, required_text(body, "host"));
  ZO_CO_TRY(const bool is_private, truth_of(body, "private"));
  ZO_CO_TRY(const DoorRule rule, co_await api.zo.door.allow(request.principal.person, std::move(host), is_private ? Reach::Private : Reach::Public));
  co_return json_reply(to_json(rule));
}

Task<Result<HttpReply>> revoke_host(ApiState& api, ApiRequest& request) {
  const std::optional<std::string> host = request.parameter("host");
  if (!host) co_return fail(Code::Invalid, "host is missing: which rule is to be taken back?");
  const std::string is_private = request.parameter("private").value_or("false");
  if (is_private != "true" && is_private != "false") co_return fail(Code::Invalid, "private is '" + is_private + "', allowed: true, false");
  ZO_CO_OK(co_await api.zo.door.revoke(request.principal.person, *host, is_private == "true" ? Reach::Private : Reach::Public));
  co_return empty_reply();
}

Task<Result<HttpReply>> show_door_log(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::vector<EgressRow> rows, co_await api.zo.door.log(request.principal.person, request.parameter("run").value_or("")));
  JsonArray items;
  for (const EgressRow& row : rows) items.emplace_back(to_json(row));
  co_return json_reply({{"items", std::move(items)}});
}

}  // namespace zo
