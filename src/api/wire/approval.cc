#include "api/wire/approval.h"

#include <boost/json.hpp>

#include "api/wire/optional.h"
#include "base/time.h"

namespace zo {

JsonObject to_json(const Approval& a) {
  return {{"id", a.id.text()},
          {"state", approval_state_name(a.state)},
          {"reason", ask_reason_name(a.reason)},
          {"question", question_of(a)},
          {"tool", a.tool},
          {"summary", a.summary},
          {"arguments", a.arguments},
          {"destination", a.destination.empty() ? Json(nullptr) : Json(a.destination)},
          {"always", a.bound.empty() ? Json(nullptr) : Json(a.bound)},
          {"hash", a.hash},
          {"note", a.note},
          {"run_id", a.run_id.text()},
          {"conversation_id", a.conversation_id.text()},
          {"tool_call_id", a.tool_call_id.text()},
          {"created_at", to_rfc3339(a.created_at)},
          {"expires_at", to_rfc3339(a.expires_at)},
          {"answered_at", optional_time(a.answered_at)}};
}

JsonObject to_json(const PolicyRule& rule) {
  return {{"id", rule.id.empty() ? Json(nullptr) : Json(rule.id.text())},
          {"tool", rule.tool},
          {"bound", rule.bound.empty() ? Json(nullptr) : Json(rule.bound)},
          {"token_id", rule.token.empty() ? Json(nullptr) : Json(rule.token.text())},
          {"verdict", policy_verdict_name(rule.verdict)}};
}

}  // namespace zo
