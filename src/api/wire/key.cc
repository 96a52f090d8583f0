#include "api/wire/key.h"

#include <boost/json.hpp>

#include "api/wire/records.h"

namespace zo {
namespace {

std::string_view kind_of(const KnownProvider* provider) { return provider != nullptr && provider->kind == ProviderKind::Search ? "search" : "model"; }

}  // namespace

JsonObject to_json(const KnownProvider& provider) {
  JsonObject out{{"name", provider.name}, {"label", provider.label}, {"dialect", dialect_name(provider.dialect)}, {"base_url", provider.base}, {"is_program", provider.is_program}, {"kind", kind_of(&provider)}};
  if (!provider.key_variable.empty()) out["key_variable"] = provider.key_variable;
  return out;
}

JsonObject to_json(const ProviderKey& key) {
  JsonArray headers;
  for (const std::string& name : key.headers) headers.emplace_back(name);
  JsonObject out{{"name", key.name},
                 {"provider", key.provider},
                 {"kind", kind_of(known_provider(key.provider))},
                 {"dialect", dialect_name(key.dialect)},
                 {"base_url", key.base_url},
                 {"hint", key.hint},
                 {"headers", std::move(headers)},
                 {"chosen", key.chosen},
                 {"source", key.secret ? "vault" : "environment"}};
  if (key.created_at) out["created_at"] = to_rfc3339(*key.created_at);
  if (key.last_used_at) out["last_used_at"] = to_rfc3339(*key.last_used_at);
  return out;
}

JsonObject keys_json(const Computer& zo, const PersonId& person) {
  JsonArray items;
  for (const ProviderKey& key : zo.keys.list(person)) items.emplace_back(to_json(key));
  JsonObject out{{"items", std::move(items)}};
  if (const std::optional<Error>& problem = zo.vault.problem())
    out["problem"] = problem->advice.empty() ? problem->message : problem->message + "; " + problem->advice;
  return out;
}

}  // namespace zo
