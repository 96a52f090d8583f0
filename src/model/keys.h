// The keys of model providers: those that people gave (in the vault, each with a name) and those of the environment. A key is asked for
// each request anew, so that nobody else keeps one. Several may belong to a provider; one of them is chosen.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/id.h"
#include "base/result.h"
#include "model/known_models.h"
#include "net/http_server.h"
#include "vault/vault.h"

namespace zo {

// What one request is sent with.
struct Credentials {
  std::string key;  // empty: none is sent
  std::vector<Header> headers;
};

// What may be shown of a key.
struct ProviderKey {
  std::string name;      // the person's; of the environment: the variable's
  std::string provider;  // "openai"; of a provider that is in no table: the key's own name
  Dialect dialect = Dialect::Chat;
  std::string base_url;  // empty: the provider's
  std::vector<std::string> headers;  // names of those that are sent, too
  std::string hint;      // the last four characters
  bool chosen = false;
  std::optional<SecretId> secret;  // none: of the environment
  std::optional<TimeMs> created_at;
  std::optional<TimeMs> last_used_at;
};

// As a person gives it; what is empty is the provider's.
struct ProviderKeyNew {
  std::string name;
  std::string key;
  std::string provider;
  std::string base_url;
  std::string dialect;  // "openai", "anthropic"
  std::vector<Header> headers;
};

std::string_view dialect_name(Dialect dialect);

class KeySource {
 public:
  // Of the environment alone: by name of the provider's variable, "OPENAI_API_KEY".
  explicit KeySource(std::map<std::string, std::string, std::less<>> by_variable) : by_variable_(std::move(by_variable)) {}
  // And of people. Both outlive it.
  KeySource(std::map<std::string, std::string, std::less<>> by_variable, Store& store, Vault& vault);

  // Is told each address that a person has typed for a key, in open() and when one is given: it may be dialled as it stands.
  void on_address(std::function<void(const std::string& base_url)> told) { on_address_ = std::move(told); }
  // After the vault is open.
  Task<Result<>> open();

  // Without looking at any.
  std::vector<ProviderKey> list(const PersonId& person) const;
  // The one in use at a provider.
  std::optional<ProviderKey> chosen(const PersonId& person, std::string_view provider) const;
  bool has_variable(const KnownProvider& provider) const;
  // The search provider that a person's searches go to: the one that was put in use last; else the oldest that was given; else the
  // environment's.
  std::optional<ProviderKey> search(const PersonId& person) const;
  // One of anybody's: whether searching is set up at all.
  std::optional<ProviderKey> any_search() const;

  // The first of a provider is chosen at once. Invalid names what is wrong.
  Task<Result<ProviderKey>> add(PersonId person, ProviderKeyNew key);
  // One of the environment, under a name of its own.
  Task<Result<ProviderKey>> take(PersonId person, std::string variable);
  Task<Result<>> choose(PersonId person, std::string name);
  Task<Result<>> remove(PersonId person, std::string name);

  // Of all that must not be seen.
  std::shared_ptr<const Redactor> redactor() const;
  // `secret`: of a person; none: what the environment has for the provider. An Error is told to whoever asks the provider.
  Task<Result<Credentials>> credentials(KnownProvider provider, std::optional<SecretId> secret);

 private:
  std::map<std::string, std::string, std::less<>> by_variable_;
  Store* store_ = nullptr;
  Vault* vault_ = nullptr;
  std::function<void(const std::string&)> on_address_;
  std::map<std::pair<PersonId, std::string>, std::string> choices_;  // person and provider: the key's name
};

}  // namespace zo
