// The server by which e-mail is sent.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"

namespace zo {
namespace {

Task<Result<HttpReply>> mail_reply(ApiState& api, PersonId person) {
  ZO_CO_TRY(const std::optional<MailServer> mail, co_await api.zo.mail.find(std::move(person)));
  if (!mail) co_return json_reply({{"mail", nullptr}});
  co_return json_reply({{"mail", JsonObject{{"server", mail->server}, {"user", mail->user}, {"from", mail->from}, {"has_password", mail->has_password}}}});
}

}  // namespace

Task<Result<HttpReply>> show_mail(ApiState& api, ApiRequest& request) { co_return co_await mail_reply(api, request.principal.person); }

Task<Result<HttpReply>> set_mail(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  MailServer server;
  ZO_CO_TRY(server.server, required_text(body, "server"));
  ZO_CO_TRY(server.from, required_text(body, "from"));
  ZO_CO_TRY(const std::optional<std::string> user, optional_text(body, "user"));
  ZO_CO_TRY(std::optional<std::string> password, optional_text(body, "password"));
  server.user = user.value_or("");
  ZO_CO_OK(co_await api.zo.mail.set(request.principal.person, std::move(server), std::move(password)));
  co_return co_await mail_reply(api, request.principal.person);
}

Task<Result<HttpReply>> remove_mail(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.mail.set(request.principal.person, std::nullopt, std::nullopt));
  co_return empty_reply();
}

Task<Result<HttpReply>> test_mail(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string to, required_text(body, "to"));
  ZO_CO_OK(co_await api.zo.mail.send(request.principal.person, {std::move(to), "A test of ZoClone", "If you read this, ZoClone can send you e-mail.\n", "test-" + api.zo.world.dice.secret(10)}));
  co_return empty_reply();
}

}  // namespace zo
