#include "api/openapi.h"

#include <boost/json.hpp>

#include "api/reply.h"
#include "api/route.h"
#include "api/shapes.h"
#include "base/text.h"
#include "base/version.h"

namespace zo {
namespace {

JsonObject reference(std::string_view schema) { return {{"$ref", "#/components/schemas/" + std::string(schema)}}; }
JsonObject shaped(std::string_view schema) { return {{"schema", reference(schema)}}; }
JsonObject content(std::string_view schema) { return {{"application/json", shaped(schema)}}; }

JsonArray parameters_of(const Route& route) {
  JsonArray parameters;
  const auto name = [&](std::string_view parameter) {
    parameters.emplace_back(JsonObject{{"$ref", "#/components/parameters/" + std::string(parameter)}});
  };
  for (std::string_view part : split(route.pattern, '{')) {
    const std::size_t close = part.find('}');
    if (close == std::string_view::npos) continue;
    parameters.emplace_back(JsonObject{{"name", part.substr(0, close)}, {"in", "path"}, {"required", true}, {"schema", JsonObject{{"type", "string"}}}});
  }
  for (const std::string_view parameter : split(route.parameters, ' '))
    if (!parameter.empty()) name(parameter);
  if (route.method != "GET" && route.guard != Guard::Open) name("Idempotency-Key");
  return parameters;
}

std::string operation_id(const Route& route) {
  std::string id = to_lower(route.method);
  for (char c : route.pattern) id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return id;
}

JsonObject operation(const Route& route) {
  JsonObject answers;
  if (!route.answer.empty()) answers = content(route.answer);
  if (!route.events.empty()) answers["text/event-stream"] = shaped(route.events);
  JsonObject ok{{"description", "done"}};
  if (!answers.empty()) ok["content"] = std::move(answers);
  JsonObject failed{{"description", "what went wrong, and what to do"}, {"content", content(error_shape(route))}};
  JsonObject out{{"operationId", operation_id(route)},
                 {"summary", route.summary},
                 {"parameters", parameters_of(route)},
                 {"responses", JsonObject{{"2XX", std::move(ok)}, {"default", std::move(failed)}}},
                 {"x-scope", route.guard == Guard::Open ? std::string_view("none") : route.guard == Guard::Person ? std::string_view("person") : scope_name(route.scope)}};
  if (route.guard != Guard::Open) out["security"] = JsonArray{JsonObject{{"token", JsonArray{}}}};
  if (!route.request.empty()) out["requestBody"] = JsonObject{{"required", true}, {"content", content(route.request)}};
  return out;
}

}  // namespace

std::string_view error_shape(const Route& route) {
  switch (route.errors) {
    case ErrorShape::Ours: return "Error";
    case ErrorShape::Zo: return "ZoError";
    case ErrorShape::OpenAi: return "OpenAiError";
  }
  ZO_CHECK(false);
}

JsonObject openapi_document() {
  JsonObject paths;
  for (const Route& route : routes()) {
    Json& path = paths[route.pattern];
    if (!path.is_object()) path = JsonObject{};
    path.get_object()[to_lower(route.method)] = operation(route);
  }
  JsonObject components = api_components();
  JsonObject token{{"type", "http"}, {"scheme", "bearer"}, {"description", "zo token create --name NAME --scope all|chat|read"}};
  components["securitySchemes"] = JsonObject{{"token", std::move(token)}};
  return {{"openapi", "3.1.0"},
          {"info", JsonObject{{"title", "ZoClone"}, {"version", kVersion}, {"description", "A personal AI computer you own."}}},
          {"paths", std::move(paths)},
          {"components", std::move(components)}};
}

}  // namespace zo
