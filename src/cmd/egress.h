// Who decides what a command of `zo sandbox run` reaches: its own list, and the rules of net/address for where a name leads.
#pragma once

#include <map>
#include <string>

#include "async/threads.h"
#include "sandbox/egress.h"

namespace zo {

// `threads` (for names) and `refused` (a sentence and how often it was said) outlive them.
TunnelRules rules_of(Egress egress, Threads& threads, std::map<std::string, std::size_t>& refused);

}  // namespace zo
