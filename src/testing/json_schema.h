// JSON Schema as others understand it: what our own descriptions promise is checked by a validator that is not ours (Valijson, which
// knows draft 7).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace zo {

// The schemas of one document, which refer to each other as "#/components/schemas/Name".
class JsonSchemas {
 public:
  explicit JsonSchemas(const JsonObject& components);
  ~JsonSchemas();

  // Where and why the value does not fit the schema of that name, a reason a line, the innermost alone; empty when it fits. A name
  // that is not there is a bug of the test.
  std::string misfit(std::string_view name, const Json& value);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
