// E-mail to people: through the mail server of the owner's choice. What is said of it stands in the settings, its password in the vault.
#pragma once

#include <optional>
#include <string>

#include "async/clock.h"
#include "base/id.h"
#include "net/http_client.h"
#include "store/store.h"
#include "vault/vault.h"

namespace zo {

struct MailServer {
  std::string server;  // "smtps://smtp.example.org:465", "smtp://smtp.example.org:587"
  std::string user;    // empty: none is needed
  std::string from;    // "zo@example.org"
  bool has_password = false;
};

struct MailMessage {
  std::string to;
  std::string title;  // one line
  std::string text;
  std::string id;     // the same again is the same message, for whoever receives it twice
};

// Invalid when it is none: "me@example.org".
Result<> check_mail_address(std::string_view address);
// As it is sent: RFC 5322, the text in base64, what is not ASCII in the title as RFC 2047 has it.
std::string mail_text(const MailMessage& message, std::string_view from, TimeMs now);

class Mail {
 public:
  // All outlive it.
  Mail(Clock& clock, HttpClient& http, Store& store, Vault& vault) : clock_(clock), http_(http), store_(store), vault_(vault) {}

  Task<Result<std::optional<MailServer>>> find(PersonId person);
  // A password of nothing stays as it is, unless the server is another one. Nothing at all: none any more, nor its password.
  Task<Result<>> set(PersonId person, std::optional<MailServer> server, std::optional<std::string> password);
  // Returns when the server has taken it. Invalid: it will not be taken; Unavailable and Timeout may pass.
  Task<Result<>> send(PersonId person, MailMessage message);

 private:
  Clock& clock_;
  HttpClient& http_;
  Store& store_;
  Vault& vault_;
};

}  // namespace zo
