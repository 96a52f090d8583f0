#include "door/host_secrets.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kPlace = "{}";
constexpr std::string_view kBasic = "Basic ";
constexpr std::size_t kHeaderBytes = 512;
// What the request itself says of its body, its way and its host, and what would say whose it is on the way.
constexpr std::array<std::string_view, 14> kOwnHeaders{"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
                                                       "proxy-authorization", "proxy-authenticate", "proxy-connection", "accept-encoding", "content-encoding"};

std::string shown(std::string_view text) { return one_line(to_valid_utf8(text), 80); }

// Of a network at home: nobody else reads what goes there without TLS.
bool is_private(const IpAddress& number) {
  static const std::string_view v4 = why_not_public(IpAddress(IpAddress::V4{10, 0, 0, 1}), {});
  static const std::string_view v6 = why_not_public(*IpAddress::parse("fd00::1"), {});
  const std::string_view why = why_not_public(number, {});
  return !why.empty() && (why == v4 || why == v6);
}

struct Bound {
  bool tls = true;
  HostPort peer;
  Header header;
};

std::string origin_of(bool tls, const HostPort& peer) {
  const bool usual = peer.port == (tls ? 443 : 80);
  return fmt::format("{}://{}{}", tls ? "https" : "http", peer.host.in_url(), usual ? "" : fmt::format(":{}", peer.port));
}

// As it stands in the vault, sealed with the secret.
std::string bound_text(const Bound& bound) { return fmt::format("{} {}: {}", origin_of(bound.tls, bound.peer), bound.header.name, bound.header.value); }

Result<Header> checked_header(std::string_view text) {
  const auto wrong = [&](std::string_view why) { return fail(Code::Invalid, fmt::format("'{}' is no header for a secret: {}", shown(text), why), fmt::format("--header '{}'", kUsualSecretHeader)); };
  if (text.size() > kHeaderBytes) return wrong(fmt::format("it has more than {} bytes", kHeaderBytes));
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return wrong("it is 'NAME: VALUE'");
  Header header{std::string(trim(text.substr(0, colon))), std::string(trim(text.substr(colon + 1)))};
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (header.name.empty() || header.name.find_first_not_of(kLetters) != header.name.npos) return wrong("its name holds other characters than letters, digits, '-' and '_'");
  if (std::ranges::find(kOwnHeaders, to_lower(header.name)) != kOwnHeaders.end()) return wrong("the request itself has it");
  if (std::ranges::any_of(header.value, [](char c) { return c < ' ' || c > '~'; })) return wrong("its value holds other characters than plain ones");
  const std::size_t at = header.value.find(kPlace);
  if (at == header.value.npos || header.value.find(kPlace, at + 1) != header.value.npos) return wrong("{} stands in its value once, where the secret goes");
  return header;
}

Result<Bound> checked_bound(std::string_view host, std::string_view header) {
  const auto wrong = [&](std::string_view why) { return fail(Code::Invalid, fmt::format("a secret cannot be bound to '{}': {}", shown(host), why), "--host HOST or HOST:PORT"); };
  const bool plain = host.starts_with("http://");
  const std::string url = plain || host.starts_with("https://") ? std::string(host) : fmt::format("https://{}", host);
  const std::string_view peer_text = std::string_view(url).substr(url.find("://") + 3);
  if (peer_text.find_first_of("/?#@ ") != peer_text.npos) return wrong("it is a host and no address of a page");
  const Result<HostPort> peer = peer_of(url);
  if (!peer) return wrong(peer.error().message);
  Bound bound{.tls = !plain, .peer = *peer, .header = {}};
  const HostName& name = bound.peer.host;
  if (plain && !name.is_loopback() && !(name.number && is_private(*name.number))) return wrong("over http it could be read on its way; http:// is for this machine and private numbers");
  ZO_TRY(bound.header, checked_header(header.empty() ? kUsualSecretHeader : header));
  return bound;
}

HostSecret secret_of(const SecretInfo& info) {
  HostSecret secret{.name = info.name, .hint = info.hint, .id = info.id, .created_at = info.created_at, .last_used_at = info.last_used_at};
  const std::size_t space = info.bound.find(' ');
  const Result<Bound> bound = checked_bound(std::string_view(info.bound).substr(0, space), space == info.bound.npos ? "" : std::string_view(info.bound).substr(space + 1));
  if (!bound) return secret;  // it leads nowhere: port 0
  secret.tls = bound->tls;
  secret.peer = bound->peer;
  secret.header = bound->header;
  return secret;
}

bool is_basic(const Header& header) {
  return equals_ignoring_case(header.name, "authorization") && equals_ignoring_case(std::string_view(header.value).substr(0, kBasic.size()), kBasic);
}

}  // namespace

std::string HostSecret::origin() const { return origin_of(tls, peer); }

std::vector<HostSecret> HostSecrets::list(const PersonId& person) const {
  std::vector<HostSecret> secrets;
  for (const SecretInfo& info : vault_.list(person, SecretPurpose::Host)) secrets.push_back(secret_of(info));
  return secrets;
}

Result<HostSecret> HostSecrets::find(const PersonId& person, std::string_view name) const {
  for (HostSecret& secret : list(person))
    if (secret.name == name) return std::move(secret);
  return std::unexpected(no_such_secret(name, SecretPurpose::Host));
}

Task<Result<HostSecret>> HostSecrets::set(PersonId person, HostSecretNew secret) {
  const std::string value(trim(secret.value));
  if (secret.name.find_first_not_of('.') == secret.name.npos) co_return fail(Code::Invalid, fmt::format("'{}' is no name for a secret", shown(secret.name)), "letters, digits, '-', '_' and '.'");
  ZO_CO_TRY(const Bound bound, checked_bound(trim(secret.host), trim(secret.header)));
  if (value.size() < kRedactedBytesLeast)
    co_return fail(Code::Invalid, fmt::format("the secret '{}' has {} characters, and {} are needed: a shorter one could not be told apart in what a host answers", shown(secret.name), value.size(), kRedactedBytesLeast));
  SecretNew wanted{.person = person, .name = secret.name, .purpose = SecretPurpose::Host, .bound = bound_text(bound), .texts = {value}};
  const std::size_t colon = value.find(':');
  if (is_basic(bound.header) && colon != value.npos && colon + 1 < value.size()) {
    const std::string password = value.substr(colon + 1);
    if (password.size() < kRedactedBytesLeast)
      co_return fail(Code::Invalid, fmt::format("the password in the secret '{}' has {} characters, and {} are needed: a shorter one could not be told apart in what a host answers", shown(secret.name), password.size(), kRedactedBytesLeast));
    wanted.texts.push_back(password);
  }
  ZO_CO_OK(co_await vault_.put(std::move(wanted), Vault::Existing::Replaced));
  co_return find(person, secret.name);
}

Task<Result<>> HostSecrets::remove(PersonId person, std::string name) { co_return co_await vault_.remove(std::move(person), std::move(name), SecretPurpose::Host); }

Task<Result<HostCredentials>> HostSecrets::credentials(HostSecret secret) {
  ZO_CO_TRY(const std::vector<std::string> texts, vault_.texts(secret.id));
  HostCredentials out{.header = secret.header, .redactor = {}};
  out.header.value.replace(out.header.value.find(kPlace), kPlace.size(), texts.front());
  std::vector<NamedSecret> hidden;
  for (const std::string& text : texts) hidden.push_back({secret.name, text});
  if (is_basic(out.header)) {
    const std::string rest = out.header.value.substr(kBasic.size());
    if (rest.find(':') != rest.npos) {
      const std::string encoded = to_padded_base64(rest);
      out.header.value = std::string(kBasic) + encoded;
      hidden.push_back({secret.name, encoded});
    }
  }
  out.redactor = std::make_shared<const Redactor>(hidden);
  co_await vault_.used(secret.id);
  co_return out;
}

}  // namespace zo
