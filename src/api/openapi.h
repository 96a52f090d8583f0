// /openapi.json (OpenAPI 3.1), made from the route table and the shapes; /docs (docs.cc) shows the same to people.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace zo {

struct Route;

JsonObject openapi_document();
// The name of the shape that its errors have.
std::string_view error_shape(const Route& route);
std::string docs_page();

}  // namespace zo
