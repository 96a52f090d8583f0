#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/limit.h"

namespace zo {

Task<Result<HttpReply>> list_limits(ApiState& api, ApiRequest& request) {
  co_return json_reply({{"items", limits_json(api.zo.limits, request.principal.person)}});
}

Task<Result<HttpReply>> set_limit(ApiState& api, ApiRequest& request) {
  const PersonId& person = request.principal.person;
  ZO_CO_TRY(const LimitSpec* spec, find_limit(request.path.at("name")));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  const Json* value = body.if_contains("value");  // null says something
  std::optional<std::int64_t> wanted;
  if (value != nullptr && value->is_string()) {
    ZO_CO_TRY(wanted, limit_from_text(*spec, value->as_string()));
  } else if (value != nullptr && value->is_int64()) {
    wanted = value->as_int64();
  } else if (value == nullptr || !value->is_null()) {
    co_return fail(Code::Invalid, "value must be a whole number, a text such as '4 GB', or null for what is usual");
  }
  ZO_CO_OK(co_await api.zo.limits.set(person, spec->limit, wanted));
  co_return json_reply(to_json(api.zo.limits, person, *spec));
}

}  // namespace zo
