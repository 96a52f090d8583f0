#include "api/wire/secret.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "api/wire/records.h"
#include "door/gateway_request.h"

namespace zo {

JsonObject to_json(const HostSecret& secret) {
  JsonObject out{{"name", secret.name},
                 {"host", secret.origin()},
                 {"header", fmt::format("{}: {}", secret.header.name, secret.header.value)},
                 {"url", fmt::format("http://{}/{}", kGatewayHost, secret.name)},
                 {"hint", secret.hint},
                 {"created_at", to_rfc3339(secret.created_at)}};
  if (secret.last_used_at) out["last_used_at"] = to_rfc3339(*secret.last_used_at);
  return out;
}

JsonObject secrets_json(const Computer& zo, const PersonId& person) {
  JsonArray items;
  for (const HostSecret& secret : zo.secrets.list(person)) items.emplace_back(to_json(secret));
  JsonObject out{{"items", std::move(items)}};
  if (const std::optional<Error>& problem = zo.vault.problem())
    out["problem"] = problem->advice.empty() ? problem->message : problem->message + "; " + problem->advice;
  return out;
}

}  // namespace zo
