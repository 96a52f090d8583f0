#include "base/limits.h"
#include "door/door.h"

namespace zo {
namespace {

constexpr std::size_t kPeopleKept = 1'000;  // whose rules are held; then it starts over

}  // namespace

Task<Result<const std::vector<DoorRule>*>> Door::rules_of(PersonId person) {
  for (;;) {
    if (const auto found = known_.find(person); found != known_.end()) co_return &found->second;
    const std::uint64_t changes = changes_;
    auto question = [person](Transaction& tx) -> Result<std::vector<DoorRule>> {
      std::vector<DoorRule> read;
      const auto rows = tx.query("SELECT host, port, private, created_at FROM door_rules WHERE person_id = ? ORDER BY host, port", person);
      while (rows->next())
        read.push_back({rows->string(0), static_cast<std::uint16_t>(rows->integer(1)), rows->integer(2) != 0 ? Reach::Private : Reach::Public, rows->integer(3)});
      return read;
    };
    ZO_CO_TRY(std::vector<DoorRule> rules, co_await store_.read(std::move(question)));
    if (changes != changes_) continue;
    if (known_.size() >= kPeopleKept) known_.clear();
    co_return &known_.insert_or_assign(person, std::move(rules)).first->second;
  }
}

Task<Result<std::vector<DoorRule>>> Door::rules(PersonId person) {
  ZO_CO_TRY(const std::vector<DoorRule>* rules, co_await rules_of(std::move(person)));
  co_return *rules;
}

Task<Result<DoorRule>> Door::allow(PersonId person, std::string host_port, Reach reach) {
  ZO_CO_TRY(const HostPort peer, canonical_host_port(host_port));
  const bool as_it_stands = peer.host.number || peer.host.is_loopback();
  const DoorRule rule{peer.host.text, peer.port, as_it_stands ? Reach::Private : reach, clock_.now()};
  auto change = [person, rule](Transaction& tx) -> Result<> {
    // Allowing again what was allowed to private addresses does not take that back.
    const std::int64_t made = tx.change(
        "INSERT INTO door_rules (person_id, host, port, private, created_at) SELECT ?, ?, ?, ?, ? "
        "WHERE (SELECT COUNT(*) FROM door_rules WHERE person_id = ?) < ? OR EXISTS "
        "(SELECT 1 FROM door_rules WHERE person_id = ? AND host = ? AND port = ?) "
        "ON CONFLICT (person_id, host, port) DO UPDATE SET private = CASE WHEN excluded.private > door_rules.private THEN excluded.private ELSE door_rules.private END",
        person, rule.host, rule.port, rule.reach == Reach::Private ? 1 : 0, rule.created_at, person, limits::kDoorRules, person, rule.host, rule.port);
    if (made > 0) return {};
    return fail(Code::Exhausted, fmt::format("there are {} rules of the door, the limit", limits::kDoorRules), "zo door list, then zo door revoke HOST");
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  ++changes_;
  known_.erase(person);
  ZO_CO_TRY(const std::vector<DoorRule>* all, co_await rules_of(person));
  const auto same = std::ranges::find_if(*all, [&rule](const DoorRule& each) { return each.host == rule.host && each.port == rule.port; });
  co_return same == all->end() ? rule : *same;
}

Task<Result<>> Door::revoke(PersonId person, std::string host_port, Reach reach) {
  ZO_CO_TRY(const HostPort peer, canonical_host_port(host_port));
  const bool keeps_rule = reach == Reach::Private && !peer.host.number && !peer.host.is_loopback();
  auto change = [person, peer, keeps_rule, host_port](Transaction& tx) -> Result<> {
    const std::string& host = peer.host.text;
    const std::int64_t changed =
        keeps_rule ? tx.change("UPDATE door_rules SET private = 0 WHERE person_id = ? AND host = ? AND (? = 0 OR port = ?) AND private = 1", person, host, peer.port, peer.port)
                   : tx.change("DELETE FROM door_rules WHERE person_id = ? AND host = ? AND (? = 0 OR port = ?)", person, host, peer.port, peer.port);
    if (changed > 0) return {};
    return fail(Code::NotFound, fmt::format("there is no rule of the door for '{}'", host_port), "zo door list shows them");
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  ++changes_;
  known_.erase(person);
  co_return Result<>{};
}

}  // namespace zo
