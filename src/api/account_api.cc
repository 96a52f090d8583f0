#include <boost/json.hpp>

#include "api/gate.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "base/text.h"

namespace zo {
namespace {

JsonObject to_json(const TokenInfo& token) {
  return {{"id", token.id.text()},
          {"kind", token.kind},
          {"name", token.name},
          {"scope", scope_name(token.scope)},
          {"tools", token.tools},
          {"created_at", to_rfc3339(token.created_at)},
          {"last_used_at", token.last_used_at ? Json(to_rfc3339(*token.last_used_at)) : Json(nullptr)}};
}

// "all", "none" or names: as one text with commas, or as a list.
Result<std::optional<std::string>> tools_of(const JsonObject& body) {
  const Json* tools = find(body, "tools");
  if (tools == nullptr || !tools->is_array()) return optional_text(body, "tools");
  ZO_TRY(const std::vector<std::string> names, text_list(body, "tools"));
  return names.empty() ? std::nullopt : std::optional(join(names, ","));
}

// "current" is the token of the request itself: a browser that leaves ends its own session.
Result<TokenId> token_named(const ApiRequest& request) {
  const std::string& id = request.path.at("id");
  if (id != "current") return TokenId::parse(id, "token");
  if (!request.principal.token.empty()) return request.principal.token;
  return fail(Code::Invalid, "this request came without a token", "name one by its id: zo token list");
}

}  // namespace

Task<Result<HttpReply>> use_setup_link(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string secret, required_text(body, "secret"));
  if (api.gate.too_many_failures()) co_return fail(Code::Exhausted, "too many wrong secrets in this minute", "wait a minute");
  const Result<NewToken> session = co_await api.zo.accounts.use_setup_link(std::move(secret));
  if (!session) {
    api.gate.count_failure();
    co_return std::unexpected(session.error());
  }
  co_return json_reply({{"session", session->secret}});
}

Task<Result<HttpReply>> make_setup_link(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::string secret, co_await api.zo.accounts.make_setup_link(request.principal.person));
  co_return json_reply({{"url", api.address + "/setup#" + secret},
                        {"expires_at", to_rfc3339(api.zo.world.clock.now() + Accounts::kSetupLinkMs)}},
                       201);
}

Task<Result<HttpReply>> list_tokens(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::vector<TokenInfo> tokens, co_await api.zo.accounts.tokens(request.principal.person));
  JsonArray items;
  for (const TokenInfo& token : tokens) items.emplace_back(to_json(token));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> create_token(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string name, required_text(body, "name"));
  ZO_CO_TRY(const std::string scope_text, required_text(body, "scope"));
  const std::optional<TokenScope> scope = scope_from_name(scope_text);
  if (!scope) co_return fail(Code::Invalid, "scope is '" + scope_text + "', allowed: all, chat, read");
  ZO_CO_TRY(const std::optional<std::string> tools, tools_of(body));
  ZO_CO_TRY(const Allowance allowance, choose_tools(tools.value_or("")));
  ZO_CO_TRY(const NewToken made, co_await api.zo.accounts.create_token(request.principal.person, std::move(name), *scope,
                                                                       tools ? allowance.text() : ""));
  JsonObject reply = to_json(made.info);
  reply["token"] = made.secret;
  co_return json_reply(reply, 201);
}

Task<Result<HttpReply>> revoke_token(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const TokenId id, token_named(request));
  ZO_CO_OK(co_await api.zo.accounts.revoke(request.principal.person, id));
  co_return empty_reply();
}

}  // namespace zo
