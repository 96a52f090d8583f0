// Where the weights of the built-in embedder lie.
#pragma once

#include <string>

namespace zo {

// $ZO_EMBEDDER_FILE, else zoclone/models/e5-small-q4.bin under $XDG_CACHE_HOME or ~/.cache: where tools/embedder.sh puts them.
std::string embedder_weights_place();

}  // namespace zo
