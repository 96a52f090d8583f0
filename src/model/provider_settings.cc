#include "model/provider_settings.h"

#include "base/text.h"

namespace zo {
namespace {

std::string_view variable(const ModelEnvironment& environment, std::string_view name) {
  const auto found = environment.variables.find(std::string(name));
  return found != environment.variables.end() ? trim(found->second) : std::string_view{};
}

std::string_view port_of(std::string_view base) {
  const std::size_t host = base.find("://") + 3;
  const std::size_t colon = base.find(':', host);
  return colon == std::string_view::npos ? std::string_view{} : base.substr(colon + 1, base.find('/', colon) - colon - 1);
}

}  // namespace

std::string whole_base(std::string_view given, std::string_view port, bool needs_version) {
  std::string base(given);
  if (base.starts_with(':')) base = "127.0.0.1" + base;
  if (base.find("://") == std::string::npos) {
    const std::size_t bracket = base.rfind(']');
    const std::size_t colon = base.rfind(':');
    const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
    if (!port.empty() && !has_port && base.find('/') == std::string::npos) base += ":" + std::string(port);
    base = "http://" + base;
  }
  while (base.ends_with('/')) base.pop_back();
  // A server listens on all addresses; a client must choose one.
  if (const auto any = base.find("://0.0.0.0"); any != std::string::npos) base.replace(any + 3, 7, "127.0.0.1");
  if (const auto any = base.find("://[::]"); any != std::string::npos) base.replace(any + 3, 4, "[::1]");
  if (needs_version && !base.ends_with("/v1")) base += "/v1";
  return base;
}

std::map<std::string, std::string, std::less<>> provider_keys(const ModelEnvironment& environment) {
  std::map<std::string, std::string, std::less<>> keys;
  for (const KnownProvider& known : known_providers())
    if (const std::string_view key = variable(environment, known.key_variable); !key.empty()) keys.emplace(known.key_variable, key);
  return keys;
}

std::vector<HttpProviderSettings> provider_settings(const ModelEnvironment& environment) {
  std::vector<HttpProviderSettings> all;
  for (const KnownProvider& known : known_providers()) {
    if (known.kind != ProviderKind::Model) continue;
    HttpProviderSettings settings{.known = known, .base = std::string(known.base)};
    const std::string_view base = known.base_variable.empty() ? std::string_view{} : variable(environment, known.base_variable);
    if (!base.empty()) {
      const bool needs_version = known.is_program || known.dialect == Dialect::Messages;
      settings.base = whole_base(base, port_of(known.base), needs_version);
      settings.base_given = true;
    }
    all.push_back(std::move(settings));
  }
  return all;
}

}  // namespace zo
