#include "tool/tools.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 7> kToolNames{"shell", "read_file", "write_file", "edit_file", "list_files", "search_files", "spawn_agents"};
constexpr std::array<std::string_view, 5> kOrigins{"person", "model", "tool", "file", "web"};

}  // namespace

std::string_view origin_name(Origin origin) { return kOrigins[static_cast<std::size_t>(origin)]; }

Origin origin_from_name(std::string_view name) {
  const auto found = std::ranges::find(kOrigins, name);
  // What is not known is trusted least.
  return found == kOrigins.end() ? Origin::Web : static_cast<Origin>(found - kOrigins.begin());
}

Result<Allowance> choose_tools(std::string_view text) {
  Allowance allowance = Allowance::from_text(text);
  for (const std::string& name : allowance.names)
    if (std::ranges::find(kToolNames, name) == kToolNames.end())
      return fail(Code::Invalid, "there is no tool '" + one_line(name, 60) + "'", fmt::format("all, none, or some of: {}", fmt::join(kToolNames, ", ")));
  return allowance;
}

std::span<const std::string_view> tool_names() { return kToolNames; }

void Tools::add(std::unique_ptr<Tool> tool) {
  ZO_CHECK(find(tool->spec().name) == nullptr);
  tools_.push_back(std::move(tool));
}

Tool* Tools::find(std::string_view name) const {
  const auto found = std::ranges::find_if(tools_, [&](const auto& tool) { return tool->spec().name == name; });
  return found == tools_.end() ? nullptr : found->get();
}

std::vector<ToolSpec> Tools::specs(const Allowance& allowance) const {
  std::vector<ToolSpec> specs;
  for (const auto& tool : tools_)
    if (allowance.allows(tool->spec().name)) specs.push_back(tool->spec());
  return specs;
}

std::vector<std::string> Tools::names() const {
  std::vector<std::string> names;
  for (const auto& tool : tools_) names.push_back(tool->spec().name);
  return names;
}

Decision Tools::decide(const AskedCall& call) const {
  Decision decision{.summary = one_line(call.arguments, 80)};
  const auto refuse = [&decision](Error why) {
    decision.why = std::move(why);
    return decision;
  };
  const Tool* tool = find(call.name);
  if (tool == nullptr)
    return refuse({Code::NotFound, fmt::format("there is no tool '{}'; the tools are: {}", call.name, join(names(), ", ")), ""});
  if (!call.tools.allows(call.name)) return refuse({Code::Denied, fmt::format("this token may not use '{}'", call.name), ""});
  Result<Json> arguments = check_arguments(*tool, call.arguments);
  if (!arguments) return refuse(arguments.error());
  decision.verdict = asks_person_ && asks_person_(*tool, *arguments) ? Decision::Verdict::Asks : Decision::Verdict::Runs;
  decision.summary = tool->summary(*arguments);
  decision.arguments = std::make_shared<const Json>(std::move(*arguments));
  return decision;
}

Result<Json> Tools::check_arguments(const Tool& tool, std::string_view arguments) const {
  const ToolSpec& spec = tool.spec();
  ZO_TRY(const Json schema, parse_json(spec.parameters, "the schema of tool '" + spec.name + "'"));
  ZO_TRY(Json value, parse_json(trim(arguments).empty() ? "{}" : arguments, "arguments of tool '" + spec.name + "'"));
  if (Result<> fits = fits_schema(value, schema, "arguments"); !fits)
    return fail(Code::Invalid, fmt::format("tool '{}': {}", spec.name, fits.error().message));
  return value;
}

}  // namespace zo
