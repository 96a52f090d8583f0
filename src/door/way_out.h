// What the command in a sandbox reaches of the network: what its list names, through the door, and nothing else. Every request, let
// through or refused, is a row in the egress log under its errand.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "door/door.h"
#include "door/gateway.h"
#include "sandbox/egress.h"

namespace zo {

class WayOut {
 public:
  // All outlive it, and what network() gives. `gateway` null: there are no secrets.
  WayOut(Clock& clock, Door& door, Gateway* gateway = nullptr) : clock_(clock), door_(door), gateway_(gateway) {}

  struct Told {
    // Each host that only the list keeps from being reached: "example.org", "example.org:8080". Without TLS the refusal stands in the place
    // of an answer, and a program may take it for one. May be empty.
    std::function<void(const std::string& host_port, bool tls)> wanted;
    // Which secrets may be used. Empty: none.
    Gateway::MayUse may_use;
    // When a request was let through. May be empty.
    std::function<void()> reached;
    // Every refusal. May be empty.
    std::function<void(const std::string& host, std::uint16_t port, const Error& reason)> refused;
  };
  // With Off, no secrets and nobody to be told what is wanted there is none.
  std::optional<SandboxNetwork> network(Errand errand, Egress egress, Told told = {});

 private:
  Clock& clock_;
  Door& door_;
  Gateway* gateway_;
};

}  // namespace zo
