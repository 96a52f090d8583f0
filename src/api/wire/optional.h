// What may be missing, as the API shows it: null.
#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "base/id.h"
#include "base/json.h"
#include "base/time.h"

namespace zo {

template <class Kind>
Json optional_json(const std::optional<Id<Kind>>& id) {
  return id ? Json(id->text()) : Json(nullptr);
}
inline Json optional_time(const std::optional<TimeMs>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

}  // namespace zo
