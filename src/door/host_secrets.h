// General secrets: each is bound to one host and is used by the gateway alone (door/gateway.h), which puts it into a header of what goes
// there. Nothing here gives a value back but credentials().
#pragma once

#include <string>
#include <vector>

#include "net/http_client.h"
#include "vault/vault.h"

namespace zo {

// The usual header; "{}" is the secret's place.
inline constexpr char kUsualSecretHeader[] = "Authorization: Bearer {}";

// What may be shown.
struct HostSecret {
  std::string name;
  bool tls = true;
  HostPort peer;       // the port is never 0
  Header header;       // with {} in its value
  std::string hint;    // the last four characters of a long one
  SecretId id;
  TimeMs created_at = 0;
  std::optional<TimeMs> last_used_at;

  // "https://api.example.org:8443", without a port that is usual.
  std::string origin() const;
};

struct HostSecretNew {
  std::string name;    // a segment of a path: letters, digits, '-', '_' and '.'
  std::string host;    // HOST or HOST:PORT; http://HOST for one on this machine or at a private number
  std::string header;  // "NAME: VALUE" with {} once in the value; empty: the usual one
  std::string value;   // kRedactedBytesLeast bytes or more, on one line
};

// What a request to the host is given, and what must not come back from there.
struct HostCredentials {
  Header header;
  std::shared_ptr<const Redactor> redactor;
};

class HostSecrets {
 public:
  // Outlives it.
  explicit HostSecrets(Vault& vault) : vault_(vault) {}

  // By name.
  std::vector<HostSecret> list(const PersonId& person) const;
  // NotFound.
  Result<HostSecret> find(const PersonId& person, std::string_view name) const;
  // In place of the one of that name. Conflict when a provider's key has the name; Invalid says what is wrong.
  Task<Result<HostSecret>> set(PersonId person, HostSecretNew secret);
  // NotFound.
  Task<Result<>> remove(PersonId person, std::string name);
  // The header as it is sent: in Basic (RFC 7617) what holds a ':' is user and password, and is encoded.
  Task<Result<HostCredentials>> credentials(HostSecret secret);

 private:
  Vault& vault_;
};

}  // namespace zo
