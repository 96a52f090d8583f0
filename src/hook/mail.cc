#include "hook/mail.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "net/http_reply.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr char kSetting[] = "mail";
constexpr char kPassword[] = "mail-password";
constexpr std::size_t kAddressBytes = 254;  // RFC 5321
constexpr std::size_t kTitleBytes = 200;
constexpr std::size_t kLineBytes = 76;  // of base64
constexpr std::size_t kWordBytes = 45;  // of a title in one encoded word

std::string encoded_title(std::string_view title) {
  const bool is_plain = std::ranges::all_of(title, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (is_plain) return std::string(title);
  std::string words;
  while (!title.empty()) {
    const std::string_view piece = utf8_prefix(title, kWordBytes);
    words += fmt::format("{}=?utf-8?B?{}?=", words.empty() ? "" : "\r\n ", to_padded_base64(piece));
    title.remove_prefix(piece.size());
  }
  return words;
}

std::string in_lines(std::string_view text) {
  std::string lines;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kLineBytes))) lines += std::string(text.substr(0, kLineBytes)) + "\r\n";
  return lines;
}

}  // namespace

Result<> check_mail_address(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool plain = std::ranges::none_of(address, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == ',' || c == '"'; });
  if (plain && at != 0 && at != address.npos && at + 1 < address.size() && address.find('@', at + 1) == address.npos && address.size() <= kAddressBytes) return {};
  return fail(Code::Invalid, "'" + one_line(address, 100) + "' is no address of mail", "write it like me@example.org");
}

std::string mail_text(const MailMessage& message, std::string_view from, TimeMs now) {
  const std::string_view domain = from.substr(from.find('@') + 1);
  return fmt::format(
      "Date: {}\r\nFrom: <{}>\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      http_date(static_cast<std::time_t>(now / 1'000)), from, message.to, encoded_title(one_line(message.title, kTitleBytes)), message.id, domain, in_lines(to_padded_base64(message.text)));
}

Task<Result<std::optional<MailServer>>> Mail::find(PersonId person) {
  ZO_CO_TRY(const std::optional<std::string> text, co_await read_setting(store_, person, kSetting));
  if (!text || text->empty()) co_return std::nullopt;
  ZO_CO_TRY(const Json json, parse_json(*text, "the mail server"));
  MailServer server{text_at(json, "server"), text_at(json, "user"), text_at(json, "from")};
  for (const SecretInfo& secret : vault_.list(person, SecretPurpose::Mail)) server.has_password = server.has_password || secret.bound == server.server;
  co_return server;
}

Task<Result<>> Mail::set(PersonId person, std::optional<MailServer> server, std::optional<std::string> password) {
  if (!server) {
    ZO_CO_OK(co_await write_setting(store_, person, kSetting, std::nullopt));
    if (!vault_.list(person, SecretPurpose::Mail).empty()) ZO_CO_OK(co_await vault_.remove(person, kPassword, SecretPurpose::Mail));
    co_return Result<>{};
  }
  ZO_CO_OK(mail_peer_of(server->server));
  ZO_CO_OK(check_mail_address(server->from));
  if (server->user.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) co_return fail(Code::Invalid, "the user of the mail server holds line breaks");
  if (password && !password->empty()) {
    SecretNew secret{.person = person, .name = kPassword, .purpose = SecretPurpose::Mail, .bound = server->server, .texts = {*password}};
    ZO_CO_OK(co_await vault_.put(std::move(secret), Vault::Existing::Replaced));
  }
  co_return co_await write_setting(store_, person, kSetting, to_text(JsonObject{{"server", server->server}, {"user", server->user}, {"from", server->from}}));
}

Task<Result<>> Mail::send(PersonId person, MailMessage message) {
  ZO_CO_OK(check_mail_address(message.to));
  ZO_CO_TRY(const std::optional<MailServer> server, co_await find(person));
  if (!server) co_return fail(Code::Invalid, "there is no mail server, so no e-mail can be sent", "zo mail set --server smtps://smtp.example.org:465 --user me --from me@example.org");
  MailAsk ask{.server = server->server, .user = server->user, .password = {}, .from = server->from, .to = message.to, .message = mail_text(message, server->from, clock_.now()),
              .errand = {.person = person, .purpose = Purpose::Mail}};
  for (const SecretInfo& secret : vault_.list(person, SecretPurpose::Mail)) {
    if (secret.bound != server->server) continue;  // another server's
    ZO_CO_TRY(const std::vector<std::string> texts, vault_.texts(secret.id));
    ask.password = texts.front();
    co_await vault_.used(secret.id);
  }
  co_return co_await http_.send_mail(std::move(ask));
}

}  // namespace zo
