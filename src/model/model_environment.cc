#include <stdlib.h>
#include <string.h>

#include "model/known_models.h"
#include "model/models.h"

namespace zo {

std::vector<std::string> model_variables() {
  std::vector<std::string> names;
  for (const KnownProvider& known : known_providers())
    for (const std::string_view name : {known.key_variable, known.base_variable})
      if (!name.empty()) names.emplace_back(name);
  names.emplace_back("ZO_MODEL");
  return names;
}

ModelEnvironment take_model_environment() {
  ModelEnvironment environment;
  for (const std::string& name : model_variables()) {
    char* value = ::getenv(name.c_str());
    if (value == nullptr) continue;
    if (*value != '\0') environment.variables[name] = value;
    // unsetenv() only drops the pointer; the bytes stay readable in /proc/self/environ.
    ::explicit_bzero(value, ::strlen(value));
    ::unsetenv(name.c_str());
  }
  return environment;
}

}  // namespace zo
