#include "tool/policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/limits.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 3> kVerdicts{"allow", "ask", "deny"};

// Tools whose effects alone do not say it.
constexpr std::pair<std::string_view, PolicyVerdict> kUsual[] = {
    {"web_search", PolicyVerdict::Allow},  // it tells its words to the provider that its owner chose
    {kNetwork, PolicyVerdict::Ask},
};

bool is_for_the_same(const PolicyRule& a, const PolicyRule& b) { return std::tie(a.tool, a.token, a.bound) == std::tie(b.tool, b.token, b.bound); }

PolicyRule read_rule(const Rows& rows) {
  return {rows.id<PolicyId>(1), rows.id<TokenId>(2),  rows.string(3), rows.string(4), policy_verdict_from_name(rows.text(5)).value_or(PolicyVerdict::Ask),
          rows.integer(6)};
}

}  // namespace

std::string_view policy_verdict_name(PolicyVerdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::optional<PolicyVerdict> policy_verdict_from_name(std::string_view name) {
  const auto found = std::ranges::find(kVerdicts, name);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<PolicyVerdict>(found - kVerdicts.begin());
}

PolicyVerdict usual_verdict(std::string_view tool, const Effects& effects) {
  const auto named = std::ranges::find(kUsual, tool, [](const auto& one) { return one.first; });
  if (named != std::end(kUsual)) return named->second;
  return effects.sends || effects.changes_settings ? PolicyVerdict::Ask : PolicyVerdict::Allow;
}

Task<Result<>> Policies::open() {
  auto question = [](Transaction& tx) -> Result<std::unordered_map<PersonId, std::vector<PolicyRule>>> {
    std::unordered_map<PersonId, std::vector<PolicyRule>> found;
    const auto rows = tx.query("SELECT person_id, id, token_id, tool, bound, verdict, created_at FROM policies ORDER BY tool, token_id, bound");
    while (rows->next()) found[rows->id<PersonId>(0)].push_back(read_rule(*rows));
    return found;
  };
  ZO_CO_TRY(rules_, co_await store_.read(std::move(question)));
  co_return Result<>{};
}

PolicyVerdict Policies::verdict(const PersonId& person, const TokenId& token, std::string_view tool, std::string_view bound, PolicyVerdict usual) const {
  const auto known = rules_.find(person);
  if (known == rules_.end()) return usual;
  const PolicyRule* nearest = nullptr;
  const auto nearness = [](const PolicyRule& rule) { return std::pair(!rule.bound.empty(), !rule.token.empty()); };
  for (const PolicyRule& rule : known->second) {
    const bool fits = rule.tool == tool && (rule.token.empty() || rule.token == token) && (rule.bound.empty() || rule.bound == bound);
    if (!fits) continue;
    if (rule.verdict == PolicyVerdict::Deny) return PolicyVerdict::Deny;
    if (nearest == nullptr || nearness(rule) > nearness(*nearest)) nearest = &rule;
  }
  return nearest == nullptr ? usual : nearest->verdict;
}

std::vector<PolicyRule> Policies::rules(const PersonId& person) const {
  const auto known = rules_.find(person);
  return known == rules_.end() ? std::vector<PolicyRule>{} : known->second;
}

Task<Result<PolicyRule>> Policies::set(PersonId person, PolicyRule rule) {
  const std::vector<PolicyRule> before = rules(person);
  const bool replaces = std::ranges::any_of(before, [&](const PolicyRule& one) { return is_for_the_same(one, rule); });
  if (!replaces && before.size() >= limits::kPolicies)
    co_return fail(Code::Exhausted, fmt::format("there are {} rules about tools, the limit", before.size()), "take some back: zo policy list, zo policy remove ID");
  rule.id = PolicyId::make(dice_, clock_.now());
  rule.created_at = clock_.now();
  auto change = [=](Transaction& tx) -> Result<> {
    tx.change("DELETE FROM policies WHERE person_id = ? AND token_id = ? AND tool = ? AND bound = ?", person, rule.token.text(), rule.tool, rule.bound);
    tx.change("INSERT INTO policies (id, person_id, token_id, tool, bound, verdict, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)", rule.id, person,
              rule.token.text(), rule.tool, rule.bound, policy_verdict_name(rule.verdict), rule.created_at);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  std::vector<PolicyRule>& now = rules_[person];
  std::erase_if(now, [&](const PolicyRule& one) { return is_for_the_same(one, rule); });
  const auto key = [](const PolicyRule& one) { return std::tie(one.tool, one.token, one.bound); };
  now.insert(std::ranges::upper_bound(now, key(rule), {}, key), rule);
  co_return rule;
}

Task<Result<>> Policies::remove(PersonId person, PolicyId rule) {
  auto change = [=](Transaction& tx) -> Result<> {
    if (tx.change("DELETE FROM policies WHERE id = ? AND person_id = ?", rule, person) == 1) return {};
    return std::unexpected(no_such("rule about tools", rule.text(), "zo policy list"));
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  std::erase_if(rules_[person], [&](const PolicyRule& one) { return one.id == rule; });
  co_return Result<>{};
}

}  // namespace zo
