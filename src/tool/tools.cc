#include "tool/tools.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

#include "base/json.h"
#include "base/text.h"
#include "model/wire_json.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 5> kOrigins{"person", "model", "tool", "file", "web"};
constexpr std::size_t kNameBytes = 64;

bool is_tool_name(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= kNameBytes && std::ranges::all_of(name, fits);
}

}  // namespace

std::string_view origin_name(Origin origin) { return kOrigins[static_cast<std::size_t>(origin)]; }

Origin origin_from_name(std::string_view name) {
  const auto found = std::ranges::find(kOrigins, name);
  // What is not known is trusted least.
  return found == kOrigins.end() ? Origin::Web : static_cast<Origin>(found - kOrigins.begin());
}

void Tools::add(std::unique_ptr<Tool> tool) {
  const ToolSpec& spec = tool->spec();
  ZO_CHECK(is_tool_name(spec.name) && find(spec.name) == nullptr);
  OfferedTool offer = zo::offered(spec);
  Json schema = arguments_schema(spec);
  tools_.push_back({std::move(tool), std::move(offer), std::move(schema)});
}

const Tools::Added* Tools::added(std::string_view name) const {
  const auto found = std::ranges::find_if(tools_, [&](const Added& added) { return added.offered.name == name; });
  return found == tools_.end() ? nullptr : &*found;
}

Tool* Tools::find(std::string_view name) const {
  const Added* found = added(name);
  return found == nullptr ? nullptr : found->tool.get();
}

std::vector<OfferedTool> Tools::offered(const Allowance& allowance) const {
  std::vector<OfferedTool> offered;
  offered.reserve(tools_.size());
  for (const Added& added : tools_)
    if (allowance.allows(added.offered.name) && added.tool->is_ready()) offered.push_back(added.offered);
  return offered;
}

bool Tools::offers_any(const Allowance& allowance) const {
  return std::ranges::any_of(tools_, [&](const Added& added) { return allowance.allows(added.offered.name) && added.tool->is_ready(); });
}

std::vector<std::string> Tools::names() const {
  std::vector<std::string> names;
  for (const Added& added : tools_) names.push_back(added.offered.name);
  return names;
}

Result<Allowance> Tools::choose(std::string_view text) const {
  Allowance allowance = Allowance::from_text(text);
  for (const std::string& name : allowance.names)
    if (find(name) == nullptr)
      return fail(Code::Invalid, "there is no tool '" + one_line(name, 60) + "'", "all, none, or some of: " + join(names(), ", "));
  return allowance;
}

Decision Tools::decide(const AskedCall& call) const {
  Decision decision{.summary = one_line(call.arguments, 80)};
  const auto refuse = [&decision](Error why) {
    decision.why = std::move(why);
    return decision;
  };
  const Added* asked = added(call.name);
  if (asked == nullptr)
    return refuse({Code::NotFound, fmt::format("there is no tool '{}'; the tools are: {}", call.name, join(names(), ", ")), ""});
  if (!call.tools.allows(call.name)) return refuse({Code::Denied, fmt::format("this token may not use '{}'", call.name), ""});
  if (!asked->tool->is_ready()) return refuse({Code::Unavailable, fmt::format("'{}' is not set up on this computer", call.name), ""});
  Result<Json> arguments = check_arguments(*asked, call.arguments);
  if (!arguments) return refuse(arguments.error());
  decision.summary = asked->tool->summary(*arguments);
  decision.destination = asked->tool->destination(call.person, *arguments);
  decision.bound = asked->tool->bound(call.person, *arguments);
  decision.may_reach = asked->tool->may_reach();
  const PolicyVerdict usual = usual_verdict(call.name, asked->tool->effects(*arguments));
  const PolicyVerdict verdict = policies_ == nullptr ? PolicyVerdict::Allow : policies_->verdict(call.person, call.token, call.name, decision.bound, usual);
  if (verdict == PolicyVerdict::Deny) return refuse({Code::Denied, fmt::format("the owner does not let '{}' be used for this", call.name), ""});
  decision.verdict = verdict == PolicyVerdict::Ask ? Decision::Verdict::Asks : Decision::Verdict::Runs;
  if (const Result<Json> said = parse_json(call.arguments, "arguments"); !said || *said != *arguments) decision.meant = to_text(*arguments);
  decision.arguments = std::make_shared<const Json>(std::move(*arguments));
  return decision;
}

void NetworkLeave::allow(std::string_view hosts) {
  if (words.starts_with("open-public")) return;
  if (words == "off") words = "allowlist";
  words += ' ';
  words += hosts;
}

bool Tools::may_tell(const PersonId& person, const TokenId& token, std::string_view tool, std::string_view destination) const {
  return policies_ == nullptr || policies_->verdict(person, token, tool, destination, usual_verdict(tool, {.sends = true})) == PolicyVerdict::Allow;
}

NetworkLeave Tools::network_of(const PersonId& person, const TokenId& token, std::string_view egress) const {
  NetworkLeave leave{std::string(egress), false};
  if (policies_ == nullptr) return leave;
  const PolicyVerdict verdict = policies_->verdict(person, token, kNetwork, "", usual_verdict(kNetwork, {}));
  if (verdict == PolicyVerdict::Deny) return leave;
  leave.is_asked = verdict == PolicyVerdict::Ask;
  if (verdict == PolicyVerdict::Allow) leave.words = "open-public";
  for (const PolicyRule& rule : policies_->rules(person))
    if (rule.tool == kNetwork && !rule.bound.empty() && rule.verdict == PolicyVerdict::Allow && (rule.token.empty() || rule.token == token)) leave.allow(rule.bound);
  return leave;
}

Result<Json> Tools::check_arguments(const Added& added, std::string_view arguments) {
  const std::string& name = added.offered.name;
  ZO_TRY(Json value, parse_wire_json(trim(arguments).empty() ? "{}" : arguments, "arguments of tool '" + name + "'"));
  value = meant(std::move(value), added.schema);
  // Half a character is none.
  if (const std::string text = to_text(value); !is_valid_utf8(text)) {
    ZO_TRY(value, parse_json(to_valid_utf8(text), "arguments of tool '" + name + "'"));
  }
  if (Result<> fits = fits_schema(value, added.schema, "arguments"); !fits)
    return fail(Code::Invalid, fmt::format("tool '{}': {}", name, fits.error().message));
  return value;
}

std::shared_ptr<const Redactor> Tools::redactor() const {
  static const auto none = std::make_shared<const Redactor>();
  return redactor_ ? redactor_() : none;
}

}  // namespace zo
