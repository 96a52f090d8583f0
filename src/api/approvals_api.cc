// What a person is asked, the answers, and the rules about who is asked.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/approval.h"
#include "base/text.h"

namespace zo {
namespace {

Result<ApprovalId> approval_of(const ApiRequest& request) { return ApprovalId::parse(request.path.at("id"), "question"); }

// A lasting yes: to this tool, or to the network, and to what it was bounded by. Each host of several is a rule of its own.
Task<Result<>> allow_always(ApiState& api, PersonId person, const Approval& approval) {
  const std::string tool = approval.reason == AskReason::Network ? std::string(kNetwork) : approval.tool;
  for (const std::string_view bound : split(approval.bound, ' ')) {
    PolicyRule rule;
    rule.tool = tool;
    rule.bound = std::string(bound);
    rule.verdict = PolicyVerdict::Allow;
    ZO_CO_OK(co_await api.zo.policies.set(person, std::move(rule)));
  }
  co_return Result<>{};
}

Task<Result<HttpReply>> answer_with(ApiState& api, ApiRequest& request, PersonsAnswer said) {
  ZO_CO_TRY(const ApprovalId id, approval_of(request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ApprovalAnswer answer{.answer = said};
  ZO_CO_TRY(answer.hash, required_text(body, "hash"));
  ZO_CO_TRY(const std::optional<std::string> note, optional_text(body, "note"));
  answer.note = note.value_or("");
  ZO_CO_TRY(const bool always, truth_of(body, "always"));
  const PersonId person = request.principal.person;
  if (always && said == PersonsAnswer::Yes) {
    ZO_CO_TRY(const Approval asked, co_await api.zo.agents.find_approval(person, id));
    if (asked.bound.empty())
      co_return fail(Code::Invalid, "there is nothing that a lasting yes to this could be bounded by", "allow it once, or: zo policy set " + asked.tool + " allow");
  }
  ZO_CO_TRY(const Approval answered, co_await api.zo.agents.answer(person, id, std::move(answer)));
  if (always && said == PersonsAnswer::Yes) ZO_CO_OK(co_await allow_always(api, person, answered));
  co_return json_reply(to_json(answered));
}

HttpReply hook_reply(const std::optional<Hook>& hook) {
  return json_reply({{"url", hook ? Json(hook->url) : Json(nullptr)}, {"kind", hook_kind_name(hook ? hook->kind : HookKind::Json)}});
}

// What applies to a tool where no rule is for it.
PolicyVerdict usual_of(const Tools& tools, std::string_view name) {
  const Tool* tool = tools.find(name);
  return usual_verdict(name, tool != nullptr ? tool->effects(Json(JsonObject{})) : Effects{});
}

}  // namespace

Task<Result<HttpReply>> list_approvals(ApiState& api, ApiRequest& request) {
  ApprovalFilter filter;
  if (const std::optional<std::string> wanted = request.parameter("approval_state"); wanted && *wanted != "all") {
    filter.state = approval_state_from_name(*wanted);
    if (!filter.state) co_return fail(Code::Invalid, "approval_state is '" + *wanted + "', allowed: asked, allowed, refused, expired, dropped, all");
  }
  if (const std::optional<std::string> wanted = request.parameter("run")) {
    ZO_CO_TRY(filter.run, RunId::parse(*wanted, "run"));
  }
  ZO_CO_TRY(const std::vector<Approval> found, co_await api.zo.agents.approvals(request.principal.person, std::move(filter)));
  JsonArray items;
  for (const Approval& approval : found) items.emplace_back(to_json(approval));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> show_approval(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ApprovalId id, approval_of(request));
  ZO_CO_TRY(const Approval found, co_await api.zo.agents.find_approval(request.principal.person, id));
  co_return json_reply(to_json(found));
}

Task<Result<HttpReply>> allow_approval(ApiState& api, ApiRequest& request) { return answer_with(api, request, PersonsAnswer::Yes); }
Task<Result<HttpReply>> refuse_approval(ApiState& api, ApiRequest& request) { return answer_with(api, request, PersonsAnswer::No); }

Task<Result<HttpReply>> show_hook(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::optional<Hook> hook, co_await api.zo.hooks.find(request.principal.person));
  co_return hook_reply(hook);
}

Task<Result<HttpReply>> set_hook(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::optional<std::string> url, optional_text(body, "url"));
  ZO_CO_TRY(const std::optional<std::string> kind, optional_text(body, "kind"));
  const std::optional<HookKind> wanted = hook_kind_from_name(kind.value_or("json"));
  if (!wanted) co_return fail(Code::Invalid, "kind is '" + one_line(*kind, 40) + "', allowed: json, ntfy");
  const std::optional<Hook> hook = url ? std::optional(Hook{*url, *wanted}) : std::nullopt;
  ZO_CO_OK(co_await api.zo.hooks.set(request.principal.person, hook));
  co_return hook_reply(hook);
}

Task<Result<HttpReply>> list_policies(ApiState& api, ApiRequest& request) {
  const std::vector<PolicyRule> rules = api.zo.policies.rules(request.principal.person);
  JsonArray items;
  std::vector<std::string> names = api.zo.tools.names();
  names.emplace_back(kNetwork);
  for (const std::string& name : names) {
    const bool has_own = std::ranges::any_of(rules, [&](const PolicyRule& rule) { return rule.tool == name && rule.bound.empty() && rule.token.empty(); });
    if (has_own) continue;
    PolicyRule usual;
    usual.tool = name;
    usual.verdict = usual_of(api.zo.tools, name);
    items.emplace_back(to_json(usual));
  }
  for (const PolicyRule& rule : rules) items.emplace_back(to_json(rule));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> set_policy(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  PolicyRule rule;
  ZO_CO_TRY(rule.tool, required_text(body, "tool"));
  ZO_CO_TRY(const std::string verdict, required_text(body, "verdict"));
  ZO_CO_TRY(const std::optional<std::string> bound, optional_text(body, "bound"));
  ZO_CO_TRY(const std::optional<std::string> token, optional_text(body, "token_id"));
  const std::optional<PolicyVerdict> wanted = policy_verdict_from_name(verdict);
  if (!wanted) co_return fail(Code::Invalid, "verdict is '" + one_line(verdict, 40) + "', allowed: allow, ask, deny");
  rule.verdict = *wanted;
  if (rule.tool != kNetwork && api.zo.tools.find(rule.tool) == nullptr)
    co_return fail(Code::Invalid, "there is no tool '" + one_line(rule.tool, 60) + "'", "one of: " + join(api.zo.tools.names(), ", ") + ", " + std::string(kNetwork));
  rule.bound = one_line(bound.value_or(""), 300);
  if (token) {
    ZO_CO_TRY(rule.token, TokenId::parse(*token, "token"));
    ZO_CO_TRY(const std::vector<TokenInfo> tokens, co_await api.zo.accounts.tokens(request.principal.person));
    if (std::ranges::none_of(tokens, [&](const TokenInfo& one) { return one.id == rule.token; })) co_return std::unexpected(no_such("token", *token, "zo token list"));
  }
  ZO_CO_TRY(const PolicyRule set, co_await api.zo.policies.set(request.principal.person, std::move(rule)));
  co_return json_reply(to_json(set));
}

Task<Result<HttpReply>> remove_policy(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const PolicyId id, PolicyId::parse(request.path.at("id"), "rule about tools"));
  ZO_CO_OK(co_await api.zo.policies.remove(request.principal.person, id));
  co_return empty_reply();
}

}  // namespace zo
