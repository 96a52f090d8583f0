// From what the environment said to one row of settings a provider.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/http_provider.h"
#include "model/models.h"

namespace zo {

// Every provider of our table, in its order, whether it can be used here or not.
std::vector<HttpProviderSettings> provider_settings(const ModelEnvironment& environment);

// The keys in it, by variable.
std::map<std::string, std::string, std::less<>> provider_keys(const ModelEnvironment& environment);

// An address as people write it, made whole: "0.0.0.0:11434" → "http://127.0.0.1:11434/v1". `port` is used where none is
// given with a bare host; "/v1" is added where `needs_version` and it is missing.
std::string whole_base(std::string_view given, std::string_view port, bool needs_version);

}  // namespace zo
