#include "testing/json_schema.h"

#include <boost/json.hpp>
#include <map>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace zo {

struct JsonSchemas::State {
  JsonObject components;
  std::map<std::string, valijson::Schema, std::less<>> parsed;

  const valijson::Schema& schema(std::string_view name) {
    const auto [found, fresh] = parsed.try_emplace(std::string(name));
    if (!fresh) return found->second;
    ZO_CHECK(components.at("schemas").as_object().contains(name));
    const Json document = JsonObject{{"allOf", JsonArray{JsonObject{{"$ref", "#/components/schemas/" + std::string(name)}}}}, {"components", components}};
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(valijson::adapters::BoostJsonAdapter(document), found->second);
    return found->second;
  }
};

JsonSchemas::JsonSchemas(const JsonObject& components) : state_(std::make_unique<State>(components)) {}
JsonSchemas::~JsonSchemas() = default;

std::string JsonSchemas::misfit(std::string_view name, const Json& value) {
  valijson::ValidationResults results;
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  if (validator.validate(state_->schema(name), valijson::adapters::BoostJsonAdapter(value), &results)) return "";
  // Every alternative that does not fit gives reasons of its own; the one that was meant is the one that fits to the greatest depth.
  std::string reasons;
  std::size_t depth = 0;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    if (error.context.size() < depth) continue;
    if (error.context.size() > depth) reasons.clear();
    depth = error.context.size();
    for (const std::string& step : error.context) reasons += step;
    reasons += ": " + error.description + "\n";
  }
  return reasons;
}

}  // namespace zo
