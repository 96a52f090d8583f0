#include "api/wire/door.h"

#include <boost/json.hpp>

#include "base/time.h"

namespace zo {

JsonObject to_json(const DoorRule& rule) {
  return {{"rule", rule.text()},
          {"host", rule.host},
          {"port", rule.port == 0 ? Json(nullptr) : Json(rule.port)},
          {"private", rule.reach == Reach::Private},
          {"created_at", to_rfc3339(rule.created_at)}};
}

JsonObject to_json(const EgressRow& row) {
  return {{"id", row.id.text()},
          {"run_id", row.run.empty() ? Json(nullptr) : Json(row.run)},
          {"purpose", row.purpose},
          {"host", row.host},
          {"port", row.port},
          {"address", row.address},
          {"verdict", verdict_name(row.verdict)},
          {"reason", row.reason},
          {"sent_bytes", row.end ? Json(row.end->sent_bytes) : Json(nullptr)},
          {"received_bytes", row.end ? Json(row.end->received_bytes) : Json(nullptr)},
          {"failure", row.end ? row.end->failure : ""},
          {"at", to_rfc3339(row.at)}};
}

}  // namespace zo
