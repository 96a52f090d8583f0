// How a model stands, as the command line says it. "Ready" is only one that has answered just now: the embedded one, whose program
// runs, and one of a program on this machine that has named it. That a key is set says nothing of the provider behind it. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace zo {

// Of an item of GET /api/models: its state, but "not_asked" of one that is usable by all that is known and was asked nothing.
std::string model_state(const Json& model);
// The same in words, with its detail.
std::string model_state_words(const Json& model);

}  // namespace zo
