#include "api/shapes_test.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "agent/event.h"
#include "api/example.h"
#include "api/openapi.h"
#include "api/route.h"
#include "api/shapes.h"
#include "net/sse.h"
#include "testing/json_schema.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

std::string misfit(std::string_view shape, const Json& value) {
  static JsonSchemas schemas(api_components());
  return schemas.misfit(shape, value);
}

void expect_fits(std::string_view shape, const Json& value, std::string_view what) {
  if (const std::string reasons = misfit(shape, value); !reasons.empty())
    ADD_FAILURE() << what << " is no " << shape << ":\n" << reasons << to_text(value);
}

void expect_events(const Route& route, std::string_view received, std::string_view what) {
  std::vector<SseEvent> events;
  const Result<> read = SseParser().feed(received, events);
  EXPECT_TRUE(read) << what;
  for (const SseEvent& event : events) {
    if (event.data == "[DONE]") continue;
    const Result<Json> data = parse_json(event.data, what);
    ASSERT_TRUE(data) << event.data;
    // In OpenAI's dialect events have no names.
    if (route.errors == ErrorShape::OpenAi) expect_fits(route.events, *data, what);
    else expect_fits(route.events, JsonObject{{"kind", event.kind}, {"data", *data}}, what);
  }
}

}  // namespace

void expect_as_described(const Exchange& exchange) {
  const std::string what = fmt::format("{} {} ({})", exchange.method, exchange.path, exchange.status);
  const RouteMatch match = match_route(exchange.method, exchange.path.substr(0, exchange.path.find('?')));
  if (match.route == nullptr || exchange.status == 0) return;
  const Route& route = *match.route;
  const bool well = exchange.status < 300;
  if (exchange.type == "application/json") {
    const Result<Json> body = parse_json(exchange.received, what);
    ASSERT_TRUE(body) << what;
    const std::string_view shape = well ? route.answer : error_shape(route);
    ASSERT_FALSE(shape.empty()) << what << " answers what is not described: " << exchange.received;
    expect_fits(shape, *body, what);
  }
  if (exchange.type == "text/event-stream") expect_events(route, exchange.received, what);
  if (!well || route.request.empty()) return;
  const Result<Json> asked = parse_json(exchange.sent.empty() ? "{}" : exchange.sent, what);
  ASSERT_TRUE(asked) << what;
  expect_fits(route.request, *asked, "the request of " + what);
}

namespace {

// The members of all shapes within a shape, itself first.
void each_schema(const Json& schema, const std::function<void(const JsonObject&)>& visit) {
  if (const JsonArray* list = schema.if_array())
    for (const Json& one : *list) each_schema(one, visit);
  if (!schema.is_object()) return;
  visit(schema.get_object());
  for (const char* below : {"items", "anyOf"})
    if (const Json* found = find(schema, below)) each_schema(*found, visit);
  if (const JsonObject* properties = object_at(schema, "properties"))
    for (const auto& [name, property] : *properties) each_schema(property, visit);
}

TEST(Shapes, SpeakOnlyWordsThatTheValidatorKnows) {
  const std::set<std::string, std::less<>> words{"type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf", "$ref",
                                                 "minimum", "maximum", "minItems", "maxItems", "maxLength", "format", "default", "description", "examples"};
  const JsonObject components = api_components();
  int schemas = 0;
  for (const auto& [name, shape] : components.at("schemas").as_object())
    each_schema(shape, [&](const JsonObject& schema) {
      ++schemas;
      for (const auto& [word, value] : schema) EXPECT_TRUE(words.contains(word)) << name << ": " << word;
      // Draft 7 sees nothing beside a reference.
      EXPECT_TRUE(!schema.contains("$ref") || schema.size() == 1) << name;
    });
  EXPECT_GT(schemas, 200);
}

TEST(Shapes, WhatIsAnsweredIsClosed) {
  std::set<std::string, std::less<>> asked;
  for (const Route& route : routes()) asked.emplace(route.request);
  const JsonObject components = api_components();
  for (const auto& [name, shape] : components.at("schemas").as_object()) {
    if (asked.contains(name) || name == "OpenApiDocument") continue;
    each_schema(shape, [&](const JsonObject& schema) {
      const Json* others = find(schema, "additionalProperties");
      if (schema.contains("properties")) EXPECT_TRUE(others != nullptr && *others == Json(false)) << name << ": " << to_text(schema);
    });
  }
}

TEST(Shapes, EveryOneIsUsed) {
  const std::string description = to_text(openapi_document());
  const JsonObject components = api_components();
  for (const char* kind : {"schemas", "parameters"})
    for (const auto& [name, shape] : components.at(kind).as_object())
      EXPECT_NE(description.find(fmt::format("\"#/components/{}/{}\"", kind, std::string_view(name))), description.npos) << name;
}

TEST(Shapes, TheirExamplesFitThem) {
  const JsonObject components = api_components();
  for (const auto& [name, shape] : components.at("schemas").as_object()) {
    expect_fits(name, example_of_shape(components, name), "the example");
    for (const Json& given : array_at(shape, "examples") != nullptr ? *array_at(shape, "examples") : JsonArray{}) expect_fits(name, given, "an example");
  }
  for (const char* events : {"RunEvent", "Change", "AskEvent", "ChatCompletionChunk"})
    for (const Json& one : components.at("schemas").at(events).at("anyOf").as_array()) expect_fits(events, example_of(components, one), "an event");
}

TEST(Shapes, AMemberThatIsNotDescribedIsAMisfit) {
  const Json health = JsonObject{{"status", "ok"}, {"mood", "good"}};
  EXPECT_NE(misfit("Health", health).find("mood"), std::string::npos) << misfit("Health", health);
  EXPECT_NE(misfit("Health", JsonObject{}), "");
  EXPECT_NE(misfit("Error", JsonObject{{"error", JsonObject{{"code", "odd"}, {"message", "?"}}}}), "");
  EXPECT_NE(misfit("RunEvent", JsonObject{{"kind", "end"}, {"data", JsonObject{{"reason", "bored"}}}}), "");
  EXPECT_NE(misfit("SetupLink", JsonObject{{"url", "/"}, {"expires_at", "tomorrow"}}), "");
}

TEST(Shapes, TheEventsOfTheGoldenStoriesAreAsDescribed) {
  std::set<std::string> seen;
  for (const auto& file : std::filesystem::directory_iterator(std::string(ZO_SOURCE_DIR) + "/tests/golden")) {
    if (!file.path().string().ends_with(".events.json")) continue;
    for (const Json& told : boost::json::parse(read_whole_file(file.path().string())).as_array()) {
      expect_fits("RunEvent", JsonObject{{"kind", told.at("kind")}, {"data", told.at("data")}}, file.path().filename().string());
      seen.emplace(std::string_view(told.at("kind").as_string()));
    }
  }
  EXPECT_GE(seen.size(), 16u);
}

TEST(Shapes, EveryKindOfEventIsDescribed) {
  std::set<std::string> described;
  for (const Json& one : api_components().at("schemas").at("RunEvent").at("anyOf").as_array())
    described.emplace(std::string_view(one.at("properties").at("kind").at("const").as_string()));
  std::set<std::string> kinds{"end"};
  const auto add = [&]<std::size_t... I>(std::index_sequence<I...>) {
    (kinds.emplace(kind_of(RunEvent(std::in_place_index<I>))), ...);
  };
  add(std::make_index_sequence<std::variant_size_v<RunEvent>>());
  EXPECT_EQ(described, kinds);
}

}  // namespace
}  // namespace zo
