// Automations as the API shows and takes them.
#pragma once

#include "automation/automations.h"
#include "base/json.h"

namespace zo {

// For a person: with the link, behind the server's address, and whole addresses.
JsonObject whole_json(const Automation& automation, std::string_view server);
// Without them: whoever has the link can start a run, and an address may hold a secret.
JsonObject to_json(const Automation& automation);
JsonObject to_json(const Occurrence& occurrence);
JsonObject to_json(const RulePreview& preview);
JsonObject to_json(const Calendar& calendar);
// Those fields of `wish` that the body names. Invalid names the field.
Result<> change_wish(AutomationWish& wish, const JsonObject& body);

}  // namespace zo
