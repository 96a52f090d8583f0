#include "base/allowance.h"

#include <algorithm>

#include "base/text.h"

namespace zo {

Allowance Allowance::from_text(std::string_view text, std::string_view empty) {
  text = trim(text);
  Allowance allowance{.all = text == "all", .names = {}};
  if (allowance.all || text == empty) return allowance;
  for (std::string_view name : split(text, ','))
    if (!trim(name).empty()) allowance.names.emplace_back(trim(name));
  return allowance;
}

std::string Allowance::text(std::string_view empty) const {
  if (all) return "all";
  return names.empty() ? std::string(empty) : join(names, ",");
}

bool Allowance::allows(std::string_view name) const { return all || std::ranges::find(names, name) != names.end(); }

std::string Allowance::first_beyond(const Allowance& wanted) const {
  if (wanted.all) return all ? "" : "all";
  for (const std::string& name : wanted.names)
    if (!allows(name)) return name;
  return "";
}

}  // namespace zo
