// /openapi.json (OpenAPI 3.1), made from the route table; /docs shows the same to people.
#pragma once

#include <string>

#include "base/json.h"

namespace zo {

JsonObject openapi_document();
std::string docs_page();

}  // namespace zo
