// Who decides what a command of `zo sandbox run` reaches: its own list, the rules that the owner gave the door, and those of net/address
// for where a name leads.
#pragma once

#include <map>
#include <string>

#include "async/threads.h"
#include "cmd/client.h"
#include "sandbox/egress.h"

namespace zo {

// A rule of the owner's (zo door allow).
struct OwnersRule {
  EgressHost host;
  bool is_private = false;  // also where the name leads to a private address
};
// Of this home, through its server or on its database; none where there is neither.
Task<Result<std::vector<OwnersRule>>> owners_rules(ServerChoice server);

// `threads` (for names) and `refused` (a sentence and how often it was said) outlive them.
TunnelRules rules_of(Egress egress, std::vector<OwnersRule> owners, Threads& threads, std::map<std::string, std::size_t>& refused);

}  // namespace zo
