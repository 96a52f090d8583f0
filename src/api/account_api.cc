#include <boost/json.hpp>
#include <functional>

#include "api/gate.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/token.h"
#include "base/text.h"
#include "sandbox/egress_words.h"

namespace zo {
namespace {

// One word, or names: as one text with commas, or as a list.
Result<std::optional<Allowance>> allowance_in(const JsonObject& body, std::string_view field, const std::function<Result<Allowance>(std::string_view)>& choose) {
  std::optional<std::string> text;
  if (const Json* value = find(body, field); value != nullptr && value->is_array()) {
    ZO_TRY(const std::vector<std::string> names, text_list(body, field));
    if (!names.empty()) text = join(names, ",");
  } else {
    ZO_TRY(text, optional_text(body, field));
  }
  if (!text) return std::nullopt;
  ZO_TRY(Allowance allowance, choose(*text));
  return allowance;
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
  const Result<NewToken> session = co_await api.zo.accounts.use_setup_link(std::move(secret));
  if (!session && session.error().code == Code::Denied) {
    HttpReply refusal = error_reply(session.error(), request.route->errors);
    refusal.held_back_ms = api.gate.hold_back_ms(SecretKind::SetupLink);
    co_return refusal;
  }
  if (!session) co_return std::unexpected(session.error());
  co_return json_reply({{"session", session->secret}});
}

Task<Result<HttpReply>> make_setup_link(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::string secret, co_await api.zo.accounts.make_setup_link(request.principal));
  co_return json_reply({{"url", api.address + "/setup#" + secret},
                        {"expires_at", to_rfc3339(api.zo.world.clock.now() + Accounts::kSetupLinkMs)}},
                       201);
}

Task<Result<HttpReply>> list_tokens(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::vector<TokenInfo> tokens, co_await api.zo.accounts.tokens(request.principal.person));
  JsonArray items;
  for (const TokenInfo& token : tokens) {
    JsonObject item = to_json(token);
    if (token.id == request.principal.token) item["current"] = true;
    items.emplace_back(std::move(item));
  }
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> create_token(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string name, required_text(body, "name"));
  ZO_CO_TRY(const std::string scope_text, required_text(body, "scope"));
  const std::optional<TokenScope> scope = scope_from_name(scope_text);
  if (!scope) co_return fail(Code::Invalid, "scope is '" + scope_text + "', allowed: all, chat, read");
  TokenWish wish{.name = std::move(name), .scope = *scope, .tools = {}, .models = {}};
  ZO_CO_TRY(wish.tools, allowance_in(body, "tools", [&](std::string_view text) { return api.zo.tools.choose(text); }));
  ZO_CO_TRY(wish.models, allowance_in(body, "models", choose_models));
  ZO_CO_TRY(const std::optional<std::string> egress, optional_text(body, "egress"));
  if (egress) {
    ZO_CO_TRY(wish.egress, egress_words(*egress));
  }
  ZO_CO_TRY(const std::optional<std::string> asks, optional_text(body, "asks"));
  if (asks && *asks != "wait" && *asks != "refuse") co_return fail(Code::Invalid, "asks is '" + *asks + "', allowed: wait, refuse");
  wish.refuses_asks = asks == "refuse";
  ZO_CO_TRY(const NewToken made, co_await api.zo.accounts.create_token(request.principal, std::move(wish)));
  co_return json_reply(to_json(made), 201);
}

Task<Result<HttpReply>> revoke_token(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const TokenId id, token_named(request));
  const std::string runs = request.parameter("runs").value_or("go_on");
  if (runs != "stop" && runs != "go_on") co_return fail(Code::Invalid, "runs is '" + runs + "', allowed: stop, go_on");
  const ItsRuns its_runs = runs == "stop" ? ItsRuns::Stop : ItsRuns::GoOn;
  const PersonId person = request.principal.person;
  if (id == request.principal.token) request.use.reset();  // this request is to be answered
  ZO_CO_OK(co_await api.zo.accounts.revoke(person, id, its_runs));
  if (its_runs == ItsRuns::Stop) co_await api.zo.agents.cancel_all(person, id);
  co_return empty_reply();
}

}  // namespace zo
