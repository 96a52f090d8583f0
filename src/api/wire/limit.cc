#include "api/wire/limit.h"

#include <fmt/core.h>

#include <boost/json.hpp>

namespace zo {

JsonObject to_json(const Limits& limits, const PersonId& person, const LimitSpec& spec) {
  const std::int64_t value = limits.of(person, spec.limit);
  const std::int64_t usual = limits.usual(spec.limit);
  const bool chosen = limits.chosen(person, spec.limit).has_value();
  std::string usual_text = limit_text(spec, usual);
  if (!spec.usual_or.empty()) usual_text += fmt::format(" or {}", spec.usual_or);
  const std::string text = chosen ? limit_text(spec, value) : usual_text;
  return {{"name", spec.name},    {"value", value},      {"chosen", chosen},
          {"default", usual},     {"least", spec.least}, {"most", spec.most},
          {"unit", unit_name(spec.unit)}, {"protects", spec.protects}, {"text", text},
          {"default_text", usual_text},   {"bounds", bounds_text(spec)}};
}

JsonArray limits_json(const Limits& limits, const PersonId& person) {
  JsonArray items;
  for (const LimitSpec& spec : limit_specs()) items.emplace_back(to_json(limits, person, spec));
  return items;
}

}  // namespace zo
