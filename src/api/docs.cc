// /docs: the API for people to read, from the route table and the shapes, as /openapi.json is. One page without a script or a style.
#include <boost/json.hpp>

#include "api/example.h"
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/route.h"
#include "api/shapes.h"
#include "base/text.h"
#include "base/version.h"

namespace zo {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

// A shape as it is written in the page's own language, TypeScript, with links to the shapes in it.
class ShapeText {
 public:
  std::string of(const Json& schema, std::size_t indent = 0) const {
    if (const auto reference = string_at(schema, "$ref")) return link(reference->substr(reference->rfind('/') + 1));
    if (const Json* fixed = schema.as_object().if_contains("const")) return escape_html(to_text(*fixed));
    if (const JsonArray* values = array_at(schema, "enum")) return any_of(*values, [](const Json& value) { return escape_html(to_text(value)); });
    if (const JsonArray* either = array_at(schema, "anyOf"))
      return any_of(*either, [this, indent](const Json& one) { return of(one, indent); });
    const Json* type = schema.as_object().if_contains("type");
    if (type == nullptr) return "any";
    if (type->is_string()) return named(type->as_string(), schema, indent) + bounds(schema);
    return any_of(type->as_array(), [&](const Json& name) { return named(name.as_string(), schema, indent); }) + bounds(schema);
  }

  static std::string link(std::string_view shape) { return fmt::format("<a href=\"#{0}\">{0}</a>", shape); }

 private:
  template <class Each>
  static std::string any_of(const JsonArray& parts, Each each) {
    std::string out;
    for (const Json& part : parts) out += (out.empty() ? "" : " | ") + each(part);
    return out;
  }

  std::string named(std::string_view type, const Json& schema, std::size_t indent) const {
    if (type == "array") return "Array&lt;" + of(schema.at("items"), indent) + "&gt;";
    if (type == "object" && object_at(schema, "properties") != nullptr) return members(schema, indent);
    return std::string(type);
  }

  static std::string bounds(const Json& schema) {
    std::string out;
    for (const auto& [word, name] : {std::pair{"format", ""}, {"minimum", "at least "}, {"maximum", "at most "}, {"maxLength", "length at most "},
                                     {"minItems", "items at least "}, {"maxItems", "items at most "}, {"default", "else "}})
      if (const Json* bound = schema.as_object().if_contains(word))
        out += (out.empty() ? "" : ", ") + std::string(name) + escape_html(bound->is_string() ? text_at(schema, word) : to_text(*bound));
    return out.empty() ? "" : " (" + out + ")";
  }

  std::string members(const Json& schema, std::size_t indent) const {
    const JsonArray* required = array_at(schema, "required");
    const std::string margin(indent + 2, ' ');
    std::string out = "{\n";
    for (const auto& [name, property] : *object_at(schema, "properties")) {
      const bool always = required != nullptr && std::ranges::find(*required, Json(name)) != required->end();
      const std::string does = text_at(property, "description");
      out += margin + std::string(name) + (always ? ": " : "?: ") + of(property, indent + 2) + (does.empty() ? "" : "  // " + escape_html(does)) + "\n";
    }
    return out + std::string(indent, ' ') + "}";
  }
};

std::string block(std::string_view title, std::string_view shape, std::string_view text) {
  return fmt::format("<p>{}: {}</p><pre>{}</pre>\n", title, ShapeText::link(shape), escape_html(text));
}

// One frame of a stream, as it comes over the wire.
std::string frame_of(const JsonObject& components, const Json& event, ErrorShape dialect) {
  const Json example = example_of(components, event);
  if (dialect == ErrorShape::OpenAi) return "data: " + to_text(example) + "\n\n";
  return "event: " + text_at(example, "kind") + "\ndata: " + to_text(example.at("data")) + "\n\n";
}

// Of a stream a frame of each kind, by the shape that is any of them.
std::string frames_of(const JsonObject& components, std::string_view shape, ErrorShape dialect) {
  std::string out;
  for (const Json& one : components.at("schemas").at(shape).at("anyOf").as_array()) {
    if (const auto reference = string_at(one, "$ref"); reference && reference->ends_with("RunEvent")) continue;  // shown at the runs
    out += frame_of(components, one, dialect);
  }
  return dialect == ErrorShape::OpenAi ? out + "data: [DONE]\n\n" : out;
}

std::string parameters_of(const JsonObject& components, const Route& route) {
  std::string out;
  std::vector<std::string_view> names = split(route.parameters, ' ');
  if (route.method != "GET" && route.guard != Guard::Open) names.push_back("Idempotency-Key");
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    const Json& parameter = components.at("parameters").at(name);
    const std::string does = text_at(parameter, "description");
    out += fmt::format("<li><code>{}</code> ({}): {}{}</li>", name, text_at(parameter, "in"), ShapeText().of(parameter.at("schema")),
                       does.empty() ? "" : "; " + escape_html(does));
  }
  return out.empty() ? "" : "<ul>" + out + "</ul>\n";
}

std::string route_html(const JsonObject& components, const Route& route) {
  std::string out = fmt::format("<details><summary><code>{} {}</code> {}</summary>\n<p>Scope: {}. Errors: {}</p>\n", route.method, route.pattern, escape_html(route.summary),
                                route.guard == Guard::Open ? "none" : route.guard == Guard::Person ? "a person" : scope_name(route.scope), ShapeText::link(error_shape(route)));
  out += parameters_of(components, route);
  if (!route.request.empty()) out += block("Request", route.request, readable(example_of_shape(components, route.request)));
  if (route.body_limit) out += "<p>Request: the file's bytes, as they are</p>\n";
  if (route.answer.empty() && route.events.empty()) out += route.method == "GET" ? "<p>Answer: not JSON</p>\n" : "<p>Answer: 204, without a body</p>\n";
  if (!route.answer.empty()) out += block("Answer", route.answer, readable(example_of_shape(components, route.answer)));
  if (!route.events.empty()) out += block("Stream of events", route.events, frames_of(components, route.events, route.errors));
  return out + "</details>\n";
}

std::string shapes_html(const JsonObject& components) {
  std::string out;
  for (const auto& [name, schema] : components.at("schemas").as_object()) {
    const std::string does = text_at(schema, "description");
    out += fmt::format("<details id=\"{0}\"><summary><code>{0}</code> {1}</summary><pre>{2}</pre></details>\n", std::string_view(name), escape_html(does), ShapeText().of(schema));
  }
  return out;
}

}  // namespace

std::string docs_page() {
  const JsonObject components = api_components();
  std::string all;
  for (const Route& route : routes()) all += route_html(components, route);
  return fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>ZoClone API</title><h1>ZoClone {} API</h1>\n"
      "<p>Send <code>authorization: Bearer TOKEN</code>; <code>zo token create --name NAME --scope all|chat|read</code> makes one. "
      "The same for programs is <a href=\"/openapi.json\">/openapi.json</a>.</p>\n"
      "<pre>curl -H \"authorization: Bearer TOKEN\" localhost:8787/zo/ask -d '{{\"input\": \"What is in my workspace?\"}}'</pre>\n"
      "<h2>Routes</h2>\n{}<h2>Shapes</h2>\n<p>A member with a question mark may be missing. A stream's event is <code>kind</code>, its name, with <code>data</code>.</p>\n{}</html>\n",
      kVersion, all, shapes_html(components));
}

// Made once, as the description itself.
Task<Result<HttpReply>> show_docs(ApiState&, ApiRequest&) {
  static const HttpReply reply{200, {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}}, docs_page()};
  co_return reply;
}

}  // namespace zo
