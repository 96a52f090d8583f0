#include "automation/rule_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "automation/cron.h"
#include "automation/iso_interval.h"
#include "automation/rule_words.h"
#include "base/text.h"

namespace zo {

WallTime TypedRule::aligned(WallTime time) const {
  if (step == 0) return time;
  const std::int64_t steps = floor_divide(time.seconds - step_phase + step - 1, step);
  return {steps * step + step_phase};
}

Result<TypedRule> typed_rule(std::string_view text) {
  if (text.size() > kRulesMax * kRuleBytes)
    return fail(Code::Invalid, fmt::format("the rule: {}, limit {}", human_size(text.size()), human_size(kRulesMax * kRuleBytes)));
  std::string upper(trim(to_valid_utf8(text)));
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '\t') c = ' ';
  }
  if (upper.empty()) return fail(Code::Invalid, "the rule: there is no text", std::string(kRuleForms));
  if (upper.find('=') != upper.npos || upper.starts_with("RRULE:")) {
    TypedRule typed;
    ZO_TRY(typed.recurrence, Recurrence::parse(upper));
    return typed;
  }
  if (looks_like_cron(upper)) return rule_from_cron(upper);
  if (upper.find('/') != upper.npos && upper.starts_with('R')) return rule_from_iso_interval(upper);
  return rule_from_words(upper);
}

}  // namespace zo
