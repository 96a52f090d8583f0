// What the command in a sandbox reaches of the network: what its list names, through the door, and nothing else. Every request, let
// through or refused, is a row in the egress log under its errand.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "door/door.h"
#include "sandbox/egress.h"

namespace zo {

class WayOut {
 public:
  // Both outlive it, and what network() gives.
  WayOut(Clock& clock, Door& door) : clock_(clock), door_(door) {}

  struct Told {
    // Each host that only the list keeps from being reached: "example.org", "example.org:8080". May be empty.
    std::function<void(const std::string& host_port)> wanted;
    // When a request was let through. May be empty.
    std::function<void()> reached;
    // Every refusal. May be empty.
    std::function<void(const std::string& host, std::uint16_t port, const Error& reason)> refused;
  };
  // With Off and nobody to be told what is wanted there is none.
  std::optional<SandboxNetwork> network(Errand errand, Egress egress, Told told = {});

 private:
  Clock& clock_;
  Door& door_;
};

}  // namespace zo
