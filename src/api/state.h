// What the handlers share: the computer, the answers remembered for repeated writes, the key that signs download links.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "api/gate.h"
#include "api/route.h"
#include "computer/computer.h"

namespace zo {

struct ApiState {
  explicit ApiState(Computer& c)
      : zo(c), gate(c.accounts, c.world.clock, c.owner), signing_key(c.world.dice.secret(32)) {}

  Computer& zo;
  Gate gate;
  std::string address;      // "http://127.0.0.1:8787"
  std::string signing_key;  // of download links; made anew at every start
  std::unordered_set<std::string> writes_working;  // idempotency keys of requests that are being answered now
};

// The token's tools, or fewer.
inline ToolAllowance allowance_of(const Principal& principal) { return ToolAllowance::from_text(principal.tools); }

}  // namespace zo
