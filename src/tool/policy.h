// Who is asked before a tool is used: nobody, a person, or it is not used at all. A rule is for a tool, for all of a person's runs or
// for those of one token, and for every call or only for those of one host or program, as a lasting yes makes it. What no rule is for goes
// by what the call does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/clock.h"
#include "base/dice.h"
#include "base/id.h"
#include "store/store.h"
#include "tool/effects.h"

namespace zo::limits {
inline constexpr std::size_t kPolicies = 1'000;  // rules about tools, of a person
}

namespace zo {

enum class PolicyVerdict { Allow, Ask, Deny };
std::string_view policy_verdict_name(PolicyVerdict verdict);
std::optional<PolicyVerdict> policy_verdict_from_name(std::string_view name);

using PolicyId = Id<struct PolicyKind>;

// Beside the names of tools: what a command reaches of the network, beyond what its run was given.
inline constexpr std::string_view kNetwork = "network";

struct PolicyRule {
  PolicyId id;
  TokenId token;      // empty: of all runs
  std::string tool;
  std::string bound;  // "example.org", "git"; empty: every call
  PolicyVerdict verdict = PolicyVerdict::Ask;
  TimeMs created_at = 0;
};

// Of a call that no rule is for.
PolicyVerdict usual_verdict(std::string_view tool, const Effects& effects);

class Policies {
 public:
  // All outlive it.
  Policies(Store& store, Clock& clock, Dice& dice) : store_(store), clock_(clock), dice_(dice) {}

  // Before anything is asked of it.
  Task<Result<>> open();
  // A deny goes before all; then what is for this bound, for this token, for this tool.
  PolicyVerdict verdict(const PersonId& person, const TokenId& token, std::string_view tool, std::string_view bound, PolicyVerdict usual) const;
  // By tool, token and bound.
  std::vector<PolicyRule> rules(const PersonId& person) const;
  // In place of one for the same. Exhausted beyond limits::kPolicies.
  Task<Result<PolicyRule>> set(PersonId person, PolicyRule rule);
  Task<Result<>> remove(PersonId person, PolicyId rule);

 private:
  Store& store_;
  Clock& clock_;
  Dice& dice_;
  std::unordered_map<PersonId, std::vector<PolicyRule>> rules_;
};

}  // namespace zo
