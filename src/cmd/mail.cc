// `zo mail`: the server by which automations send e-mail.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/secret_input.h"
#include "cmd/start.h"
#include "cmd/table.h"

namespace zo {
namespace {

void show_server(const Json& answer, bool json, const Terminal& terminal) {
  if (json) return write_output(to_text(answer) + "\n");
  const Json* mail = find(answer, "mail");
  if (mail == nullptr || mail->is_null()) return print_note(terminal, "no mail server is set; zo mail set --server smtps://smtp.example.org:465 --user me --from me@example.org");
  const bool has_password = find(*mail, "has_password") != nullptr && find(*mail, "has_password")->is_bool() && find(*mail, "has_password")->as_bool();
  show_output(to_text(std::vector<Fact>{{"server", text_at(*mail, "server")}, {"user", text_at(*mail, "user")}, {"from", text_at(*mail, "from")}, {"password", has_password ? "sealed" : "none"}}, terminal));
}

Task<Result<int>> set(const MailOptions& options) {
  const Terminal terminal = Terminal::detect(options.json);
  JsonObject body{{"server", options.server_url}, {"user", options.user}, {"from", options.from}};
  if (options.from_input || !options.user.empty()) {
    ZO_CO_TRY(body["password"], options.from_input ? piped_secret("zo mail set … --stdin < FILE") : typed_secret(fmt::format("The password of {} (it is not shown): ", options.user)));
  }
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->put("/api/mail", std::move(body)));
  show_server(answer, options.json, terminal);
  co_return 0;
}

Task<Result<int>> show(const MailOptions& options) {
  const Terminal terminal = Terminal::detect(options.json);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->get("/api/mail"));
  show_server(answer, options.json, terminal);
  co_return 0;
}

Task<Result<int>> test(const MailOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_OK(co_await client->post("/api/mail/test", JsonObject{{"to", options.to}}));
  print_note(terminal, "the server has taken it");
  co_return 0;
}

Task<Result<int>> remove(const MailOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_OK(co_await client->remove("/api/mail"));
  print_note(terminal, "removed, with its password");
  co_return 0;
}

}  // namespace

int mail_set(const MailOptions& options) {
  return run_command([&options] { return set(options); });
}
int mail_show(const MailOptions& options) {
  return run_command([&options] { return show(options); });
}
int mail_test(const MailOptions& options) {
  return run_command([&options] { return test(options); });
}
int mail_remove(const MailOptions& options) {
  return run_command([&options] { return remove(options); });
}

}  // namespace zo
