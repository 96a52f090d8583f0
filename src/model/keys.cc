#include "model/keys.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "model/provider_settings.h"
#include "model/quirks.h"
#include "net/http_client.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr std::size_t kHeadersMost = 16;
constexpr std::size_t kAddressBytes = 500;
constexpr std::string_view kChoice = "key.";  // of the setting that names a provider's chosen key
constexpr std::string_view kSearch = "search";  // stands there for all search providers: which of them is asked
// What the request itself says, or what would say whose it is.
constexpr std::string_view kOwnHeaders[]{"host", "content-length", "content-type", "transfer-encoding", "connection", "accept", "accept-encoding"};

std::string bound_text(const ProviderKey& key) {
  JsonArray headers;
  for (const std::string& name : key.headers) headers.emplace_back(name);
  return to_text(JsonObject{{"provider", key.provider}, {"dialect", dialect_name(key.dialect)}, {"base_url", key.base_url}, {"headers", std::move(headers)}});
}

ProviderKey key_of(const SecretInfo& info) {
  ProviderKey key{.name = info.name, .hint = info.hint, .secret = info.id, .created_at = info.created_at, .last_used_at = info.last_used_at};
  const Json bound = parse_json(info.bound, "a key").value_or(Json(nullptr));
  key.provider = string_at(bound, "provider").value_or("");
  key.dialect = string_at(bound, "dialect") == dialect_name(Dialect::Messages) ? Dialect::Messages : Dialect::Chat;
  key.base_url = string_at(bound, "base_url").value_or("");
  if (const JsonArray* headers = array_at(bound, "headers"))
    for (const Json& header : *headers) key.headers.emplace_back(header.as_string());
  return key;
}

// Of a machine of one's own, or near it: "localhost", "10.0.0.5", "box", "nas.local".
bool is_near(std::string_view host) {
  const bool number = host.find_first_not_of("0123456789.") == std::string_view::npos || host.starts_with('[');
  const bool named = host.find('.') == std::string_view::npos || host.ends_with(".local") || host.ends_with(".lan") || host.ends_with(".internal") || host.ends_with(".home.arpa");
  return is_loopback(host) || number || named;
}

bool is_search(std::string_view provider) {
  const KnownProvider* const known = known_provider(provider);
  return known != nullptr && known->kind == ProviderKind::Search;
}

Result<std::string> checked_base(std::string_view given, Dialect dialect, const KnownProvider* known) {
  const auto wrong = [&](std::string_view why) { return fail(Code::Invalid, fmt::format("'{}' is no address of a provider: {}", one_line(given, 80), why), "https://HOST/v1"); };
  if (given.size() > kAddressBytes) return wrong(fmt::format("it has more than {} bytes", kAddressBytes));
  const bool secure = given.starts_with("https://");
  if (!secure && !given.starts_with("http://")) return wrong("it begins with neither https:// nor http://");
  if (given.find_first_of("?#@ \t\\") != std::string_view::npos) return wrong("it holds a user, a query or a space");
  const std::string host = host_of(given);
  if (host.empty()) return wrong("it names no host");
  const bool has_key = known == nullptr || known->kind == ProviderKind::Model || !known->key_variable.empty();
  if (!secure && has_key && !is_near(host)) return wrong("over http the key could be read on its way; use https");
  const std::string base = whole_base(given, "", dialect == Dialect::Messages);
  if (known != nullptr && known->kind == ProviderKind::Search) return whole_base(given, "", false);
  // A bare host means its usual path.
  return base.find('/', base.find("://") + 3) == std::string::npos ? base + "/v1" : base;
}

Result<> check_headers(const std::vector<Header>& headers) {
  if (headers.size() > kHeadersMost) return fail(Code::Exhausted, fmt::format("{} headers, limit {}", headers.size(), kHeadersMost));
  for (const Header& header : headers) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (header.name.empty() || header.name.size() > 64 || header.name.find_first_not_of(kLetters) != std::string::npos)
      return fail(Code::Invalid, fmt::format("'{}' is no name of a header", one_line(header.name, 64)), "X-Name: value");
    if (std::ranges::find(kOwnHeaders, to_lower(header.name)) != std::end(kOwnHeaders))
      return fail(Code::Invalid, fmt::format("the header '{}' is ZoClone's own", header.name));
  }
  return {};
}

Result<ProviderKey> described(const ProviderKeyNew& wanted) {
  ProviderKey key{.name = wanted.name, .provider = wanted.provider};
  const KnownProvider* const known = known_provider(wanted.provider);
  if (wanted.provider.empty() && wanted.base_url.empty())
    return fail(Code::Invalid, fmt::format("of which provider is the key '{}'?", one_line(wanted.name, 64)), "--provider NAME, or --base-url https://HOST/v1 for another");
  if (!wanted.provider.empty() && known == nullptr) {
    std::vector<std::string> names;
    for (const KnownProvider& one : known_providers()) names.emplace_back(one.name);
    return fail(Code::Invalid, fmt::format("no provider '{}'", one_line(wanted.provider, 64)), fmt::format("{}; another: --base-url https://HOST/v1 without --provider", join(names, ", ")));
  }
  if (known == nullptr) {
    if (known_provider(wanted.name) != nullptr || wanted.name == "local" || wanted.name == "zo")
      return fail(Code::Invalid, fmt::format("'{}' is the name of a provider, and this key is for another", wanted.name), "choose another name, or --provider " + wanted.name);
    key.provider = wanted.name;
  }
  if (!wanted.dialect.empty() && wanted.dialect != dialect_name(Dialect::Chat) && wanted.dialect != dialect_name(Dialect::Messages))
    return fail(Code::Invalid, fmt::format("no dialect '{}'", one_line(wanted.dialect, 64)), "--dialect openai or anthropic");
  if (!wanted.dialect.empty()) key.dialect = wanted.dialect == dialect_name(Dialect::Messages) ? Dialect::Messages : Dialect::Chat;
  else if (known != nullptr) key.dialect = known->dialect;
  if (!wanted.base_url.empty()) {
    ZO_TRY(key.base_url, checked_base(trim(wanted.base_url), key.dialect, known));
  }
  const bool needs_address = known != nullptr && known->base.empty();
  if (needs_address && key.base_url.empty()) return fail(Code::Invalid, fmt::format("where is {}?", known->label), "--base-url http://HOST:PORT");
  ZO_OK(check_headers(wanted.headers));
  for (const Header& header : wanted.headers) key.headers.push_back(header.name);
  return key;
}

}  // namespace

std::string_view dialect_name(Dialect dialect) { return dialect == Dialect::Chat ? "openai" : "anthropic"; }

KeySource::KeySource(std::map<std::string, std::string, std::less<>> by_variable, Store& store, Vault& vault)
    : by_variable_(std::move(by_variable)), store_(&store), vault_(&vault) {
  for (const auto& [variable, key] : by_variable_) vault.know({variable, key});
}

Task<Result<>> KeySource::open() {
  auto question = [](Transaction& tx) -> Result<std::map<std::pair<PersonId, std::string>, std::string>> {
    std::map<std::pair<PersonId, std::string>, std::string> found;
    const auto rows = tx.query("SELECT person_id, name, value FROM settings WHERE substr(name, 1, 4) = ?", kChoice);
    while (rows->next()) found[{rows->id<PersonId>(0), std::string(rows->text(1).substr(kChoice.size()))}] = rows->string(2);
    return found;
  };
  ZO_CO_TRY(choices_, co_await store_->read(std::move(question)));
  for (const SecretInfo& info : vault_->all(SecretPurpose::Provider))
    if (const std::string base = key_of(info).base_url; on_address_ && !base.empty()) on_address_(base);
  co_return Result<>{};
}

bool KeySource::has_variable(const KnownProvider& provider) const {
  const auto found = by_variable_.find(provider.key_variable);
  return found != by_variable_.end() && !found->second.empty();
}

std::vector<ProviderKey> KeySource::list(const PersonId& person) const {
  std::vector<ProviderKey> keys;
  if (vault_ != nullptr)
    for (const SecretInfo& info : vault_->list(person, SecretPurpose::Provider)) keys.push_back(key_of(info));
  for (const KnownProvider& known : known_providers())
    if (has_variable(known)) keys.push_back({.name = std::string(known.key_variable), .provider = std::string(known.name), .dialect = known.dialect});
  // The one that was chosen, if it is still there; else the oldest that a person gave, else the environment's.
  std::map<std::string, ProviderKey*> chosen;
  for (ProviderKey& key : keys) {
    ProviderKey*& best = chosen[key.provider];
    const auto choice = choices_.find({person, key.provider});
    const bool named = choice != choices_.end() && choice->second == key.name;
    const bool older = best != nullptr && key.created_at && (!best->created_at || *key.created_at < *best->created_at);
    const bool best_is_named = best != nullptr && choice != choices_.end() && choice->second == best->name;
    if (best == nullptr || named || (older && !best_is_named)) best = &key;
  }
  for (const auto& [provider, key] : chosen) key->chosen = true;
  return keys;
}

std::optional<ProviderKey> KeySource::chosen(const PersonId& person, std::string_view provider) const {
  for (ProviderKey& key : list(person))
    if (key.provider == provider && key.chosen) return std::move(key);
  return std::nullopt;
}

std::optional<ProviderKey> KeySource::search(const PersonId& person) const {
  std::optional<ProviderKey> best;
  const auto choice = choices_.find({person, std::string(kSearch)});
  for (ProviderKey& key : list(person)) {
    if (!is_search(key.provider)) continue;
    if (choice != choices_.end() && choice->second == key.name) return std::move(key);
    if (key.chosen && !best) best = std::move(key);
  }
  return best;
}

std::optional<ProviderKey> KeySource::any_search() const {
  if (vault_ != nullptr)
    for (const SecretInfo& info : vault_->all(SecretPurpose::Provider))
      if (ProviderKey key = key_of(info); is_search(key.provider)) return key;
  return search({});
}

Task<Result<ProviderKey>> KeySource::add(PersonId person, ProviderKeyNew wanted) {
  wanted.key = trim(wanted.key);
  // It is looked for in all that is told, and what is told is JSON.
  if (wanted.key.find_first_of(" \"\\") != std::string::npos)
    co_return fail(Code::Invalid, "a key holds no spaces, quotation marks or backslashes", "give the key alone");
  ZO_CO_TRY(const ProviderKey key, described(wanted));
  if (by_variable_.contains(wanted.name)) co_return fail(Code::Conflict, fmt::format("'{}' names the key of the environment", wanted.name), "choose another name");
  SecretNew secret{.person = person, .name = key.name, .purpose = SecretPurpose::Provider, .bound = bound_text(key), .texts = {wanted.key}};
  // Such a provider is open to whoever knows where it is.
  if (wanted.key.empty() && wanted.headers.empty() && is_search(key.provider) && known_provider(key.provider)->key_variable.empty()) secret.texts.clear();
  for (const Header& header : wanted.headers) secret.texts.push_back(header.value);
  ZO_CO_OK(co_await vault_->put(std::move(secret)));
  if (on_address_ && !key.base_url.empty()) on_address_(key.base_url);
  for (ProviderKey& made : list(person))
    if (made.name == key.name) co_return std::move(made);
  co_return fail(Code::NotFound, fmt::format("the key '{}' was removed at once", key.name));
}

Task<Result<ProviderKey>> KeySource::take(PersonId person, std::string variable) {
  const auto found = by_variable_.find(variable);
  const auto known = std::ranges::find(known_providers(), variable, &KnownProvider::key_variable);
  if (found == by_variable_.end() || known == known_providers().end()) co_return std::unexpected(no_such_key(variable));
  std::string name(known->name);
  const std::vector<ProviderKey> keys = list(person);
  for (int number = 2; std::ranges::find(keys, name, &ProviderKey::name) != keys.end(); ++number) name = fmt::format("{}-{}", known->name, number);
  ProviderKeyNew wanted{.name = name, .key = found->second, .provider = std::string(known->name)};
  Task<Result<ProviderKey>> adding = add(std::move(person), std::move(wanted));
  co_return co_await std::move(adding);
}

Task<Result<>> KeySource::choose(PersonId person, std::string name) {
  for (const ProviderKey& key : list(person)) {
    if (key.name != name) continue;
    ZO_CO_OK(co_await write_setting(*store_, person, std::string(kChoice) + key.provider, name));
    choices_[{person, key.provider}] = name;
    if (!is_search(key.provider)) co_return Result<>{};
    ZO_CO_OK(co_await write_setting(*store_, person, std::string(kChoice) + std::string(kSearch), name));
    choices_[{person, std::string(kSearch)}] = name;
    co_return Result<>{};
  }
  co_return std::unexpected(no_such_key(name));
}

Task<Result<>> KeySource::remove(PersonId person, std::string name) {
  if (by_variable_.contains(name)) co_return fail(Code::Invalid, fmt::format("the key '{}' is the environment's", name), "unset the variable and start again");
  co_return co_await vault_->remove(std::move(person), std::move(name));
}

std::shared_ptr<const Redactor> KeySource::redactor() const {
  static const auto none = std::make_shared<const Redactor>();
  return vault_ != nullptr ? vault_->redactor() : none;
}

Task<Result<Credentials>> KeySource::credentials(KnownProvider provider, std::optional<SecretId> secret) {
  if (!secret) {
    const auto found = by_variable_.find(provider.key_variable);
    co_return Credentials{.key = found == by_variable_.end() ? std::string() : found->second, .headers = {}};
  }
  ZO_CO_TRY(std::vector<std::string> texts, vault_->texts(*secret));
  Credentials credentials;
  if (texts.empty()) co_return credentials;
  credentials.key = std::move(texts.front());
  const std::vector<std::string> names = key_of(vault_->find(*secret).value()).headers;
  for (std::size_t i = 0; i < names.size() && i + 1 < texts.size(); ++i) credentials.headers.push_back({names[i], std::move(texts[i + 1])});
  co_await vault_->used(*secret);
  co_return credentials;
}

}  // namespace zo
