// What a command reaches of the network, as it is kept and typed: "off", "open-public", "allowlist pip example.org:8443".
#pragma once

#include <string>
#include <string_view>

#include "sandbox/egress.h"

namespace zo {

// Invalid names the word that is none.
Result<Egress> read_egress(std::string_view words);
// The same words, checked, each once, with one space between them.
Result<std::string> egress_words(std::string_view words);

}  // namespace zo
