// The one way out. Whatever dials asks here first, with its errand: the host is brought into its one spelling and resolved once, every
// address it has is looked at, and only those are dialled. To public addresses, at the usual ports, whoever has an errand may go;
// elsewhere what the owner has named: an address of his environment or of a key passes for providers as it stands, and a rule of a person
// passes for that person. Every answer is a row in the egress log, but for this machine's own and for providers on loopback.
#pragma once

#include <set>
#include <unordered_map>

#include "door/egress_log.h"
#include "door/lookups.h"

namespace zo {

enum class Reach { Public, Private };  // Private: also where a name resolves to an address that is not public

struct DoorRule {
  std::string host;        // canonical
  std::uint16_t port = 0;  // 0: every port
  Reach reach = Reach::Public;
  TimeMs created_at = 0;

  std::string text() const;  // "example.org:8080", as allow() takes it
};

class Door final : public DialPolicy {
 public:
  // All outlive it.
  Door(Executor executor, Clock& clock, Dice& dice, Store& store, Resolver resolver = resolve_host);

  // Denied where it must not be dialled, with the command that would allow it.
  Task<Result<Passage>> admit(Dial dial) override;

  // Of a dial that was refused before it came here, a row in the log.
  void note_refused(const Dial& dial, const Error& why);
  // Of a proxy of the owner's environment, which is itself dialled as it stands.
  Task<Result<std::vector<IpAddress>>> proxy_addresses(HostName proxy) { return addresses_of(std::move(proxy)); }
  // A rule for HOST[:PORT]. A number, or a name of this machine, is allowed as it stands. Exhausted beyond limits::kDoorRules.
  Task<Result<DoorRule>> allow(PersonId person, std::string host_port, Reach reach);
  // Without a port: all rules of that host. Private takes back only that; a number's rule is nothing else. NotFound when there is none.
  Task<Result<>> revoke(PersonId person, std::string host_port, Reach reach);
  // By host and port.
  Task<Result<std::vector<DoorRule>>> rules(PersonId person);
  // The newest first, at most limits::kEgressShown; `run` empty: all.
  Task<Result<std::vector<EgressRow>>> log(PersonId person, std::string run) { return log_.rows(std::move(person), std::move(run)); }
  // A provider's address that the owner has typed, in the environment or with a key: dialled for providers as it stands.
  void trust(const HostPort& peer);
  // Writes what the log still holds.
  Task<void> stop() { return log_.stop(); }

 private:
  struct Judgement {
    Passage passage;
    std::string reason;  // that let it pass; empty: it is public
  };
  std::optional<EgressRow> row_of(const Dial& dial) const;  // none: not logged
  enum class Named { No, Rule, AsItStands };  // how the owner, or the person, has named it
  Task<Result<Judgement>> judge(const Dial& dial, HostName host);
  Task<Result<Named>> named(const Dial& dial, const HostName& host);
  Task<Result<std::vector<IpAddress>>> addresses_of(HostName host);
  Result<> all_public(const Dial& dial, const Passage& passage, Named named);
  Task<Result<const std::vector<DoorRule>*>> rules_of(PersonId person);
  std::span<const IpAddress> own();

  Clock& clock_;
  Store& store_;
  Lookups names_;
  EgressLog log_;
  std::set<std::pair<std::string, std::uint16_t>> trusted_;
  std::unordered_map<PersonId, std::vector<DoorRule>> known_;
  std::uint64_t changes_ = 0;  // of rules: what was read before one is not kept
  std::vector<IpAddress> own_;
  std::int64_t own_at_;  // steady
};

}  // namespace zo
