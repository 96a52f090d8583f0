#include "model/known_models.h"
#include "model/models.h"
#include "os/environment.h"

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
  for (const std::string& name : model_variables())
    if (std::string value = take_variable(name.c_str()); !value.empty()) environment.variables[name] = std::move(value);
  return environment;
}

}  // namespace zo
