// A run's event as JSON: {"number":7,"step":1,"text":"Hel"}.
#pragma once

#include "agent/event.h"

namespace zo {

// Made once for all who read the event.
const std::string& event_text(const FeedEvent<RunEvent>& event);
// Nothing for a kind that is not known here: a newer server may tell more.
std::optional<FeedEvent<RunEvent>> event_from_json(std::string_view kind, const Json& data);

}  // namespace zo
