#include "api/wire/token.h"

#include <boost/json.hpp>

namespace zo {

JsonObject to_json(const TokenInfo& token) {
  return {{"id", token.id.text()},
          {"kind", token.kind},
          {"name", token.name},
          {"scope", scope_name(token.scope)},
          {"tools", token.tools.text()},
          {"models", token.models.text(kOwnersChoice)},
          {"egress", token.egress},
          {"asks", token.refuses_asks ? "refuse" : "wait"},
          {"created_at", to_rfc3339(token.created_at)},
          {"last_used_at", token.last_used_at ? Json(to_rfc3339(*token.last_used_at)) : Json(nullptr)}};
}

JsonObject to_json(const NewToken& made) {
  JsonObject out = to_json(made.info);
  out["token"] = made.secret;
  return out;
}

}  // namespace zo
