#include "api/shapes.h"

#include <boost/json.hpp>

namespace zo {

JsonObject api_components() {
  JsonObject components;
  for (const std::string_view text : shape_files()) {
    const Result<Json> file = parse_json(text, "our own shapes");
    ZO_CHECK(file.has_value());
    for (const auto& [kind, shapes] : file->get_object()) {
      JsonObject& all = components.emplace(kind, JsonObject{}).first->value().get_object();
      for (const auto& [name, shape] : shapes.get_object()) ZO_CHECK(all.emplace(name, shape).second);
    }
  }
  return components;
}

}  // namespace zo
