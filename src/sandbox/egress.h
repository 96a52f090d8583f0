// What a command inside may reach of the network: nothing (the default), named hosts, or every public address; and what its programs
// must be told to go that way.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/tunnel.h"
#include "sandbox/sandbox.h"

namespace zo {

enum class EgressMode { Off, Allowlist, OpenPublic };
// "off", "allowlist", "open-public"; Invalid names these.
Result<EgressMode> egress_mode(std::string_view word);

// A host and those below it are two things: "example.org" is not "www.example.org".
struct EgressHost {
  std::string host;         // canonical (net/address)
  std::uint16_t port = 0;   // 0: 80 and 443
};

// The hosts that a package tool talks to, as its maker lists them.
struct EgressPreset {
  std::string_view name;  // "pip"
  std::span<const std::string_view> hosts;
};
std::span<const EgressPreset> egress_presets();

struct Egress {
  EgressMode mode = EgressMode::Off;
  std::vector<EgressHost> hosts;

  // HOST, HOST:PORT, [IPv6]:PORT or the name of a preset: a host's name always has a dot, or it is localhost. Makes an egress that
  // was off an allow-list.
  Result<> allow(std::string_view word);
  // Whether the list names it (canonical); the addresses are somebody else's question.
  bool names(std::string_view host, std::uint16_t port) const;
};

// The words "not allowed for this command", and how to allow it.
Error not_allowed(std::string_view host, std::uint16_t port);

// For a command that gets a way out: `rules` decide.
SandboxNetwork sandbox_network(const Egress& egress, Clock& clock, TunnelRules rules);

}  // namespace zo
