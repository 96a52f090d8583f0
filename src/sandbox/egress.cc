#include "sandbox/egress.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/address.h"

namespace zo {
namespace {

constexpr std::size_t kHostsMost = 256;

constexpr std::string_view kPip[] = {"pypi.org", "files.pythonhosted.org"};
constexpr std::string_view kNpm[] = {"registry.npmjs.org"};
constexpr std::string_view kApt[] = {"deb.debian.org", "security.debian.org", "archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com"};
constexpr std::string_view kCargo[] = {"index.crates.io", "static.crates.io", "crates.io"};
constexpr std::string_view kGo[] = {"proxy.golang.org", "sum.golang.org"};
constexpr std::string_view kGit[] = {"github.com", "codeload.github.com", "objects.githubusercontent.com", "raw.githubusercontent.com", "gitlab.com", "codeberg.org", "bitbucket.org"};
constexpr EgressPreset kPresets[] = {{"pip", kPip}, {"npm", kNpm}, {"apt", kApt}, {"cargo", kCargo}, {"go", kGo}, {"git", kGit}};

// Both spellings, since programs differ in which they read; curl reads only the small http_proxy.
constexpr std::string_view kProxyVariables[] = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
                                                "CARGO_HTTP_PROXY", "npm_config_proxy", "npm_config_https_proxy"};
constexpr std::string_view kSettings[] = {
    "NODE_USE_ENV_PROXY=1",                // without it Node's own fetch() reads none of them
    "PIP_BREAK_SYSTEM_PACKAGES=1",         // the system is read-only: what is installed goes to ~/.local
    "PIP_DISABLE_PIP_VERSION_CHECK=1", "NO_UPDATE_NOTIFIER=1",  // would ask hosts that nobody wanted
    "GOFLAGS=-modcacherw",                 // so that what go has fetched can be deleted
    "GIT_TERMINAL_PROMPT=0",               // there is nobody to type a password
};

Error unknown(std::string_view word) {
  std::vector<std::string> names;
  for (const EgressPreset& preset : kPresets) names.emplace_back(preset.name);
  return {Code::Invalid, fmt::format("'{}' is neither a host nor one of {}", one_line(to_valid_utf8(word), 80), join(names, ", ")),
          "name a host: --allow example.org, or --allow example.org:8080"};
}

}  // namespace

Result<EgressMode> egress_mode(std::string_view word) {
  if (word == "off") return EgressMode::Off;
  if (word == "allowlist") return EgressMode::Allowlist;
  if (word == "open-public") return EgressMode::OpenPublic;
  return fail(Code::Invalid, fmt::format("'{}' is not one of off, allowlist, open-public", one_line(to_valid_utf8(word), 40)));
}

std::span<const EgressPreset> egress_presets() { return kPresets; }

Result<> Egress::allow(std::string_view word) {
  const auto preset = std::ranges::find(kPresets, word, &EgressPreset::name);
  const std::size_t more = preset == std::end(kPresets) ? 1 : preset->hosts.size();
  if (hosts.size() + more > kHostsMost) return fail(Code::Exhausted, fmt::format("more than {} hosts are allowed, the limit", kHostsMost));
  if (preset != std::end(kPresets)) {
    for (const std::string_view host : preset->hosts) hosts.push_back({std::string(host), 0});
  } else {
    const Result<HostPort> read = canonical_host_port(word);
    const bool is_host = read && (read->host.text.find_first_of(".:") != std::string::npos || read->host.is_loopback());
    if (!is_host) return std::unexpected(unknown(word));
    hosts.push_back({read->host.text, read->port});
  }
  if (mode == EgressMode::Off) mode = EgressMode::Allowlist;
  return {};
}

bool Egress::names(std::string_view host, std::uint16_t port) const {
  return std::ranges::any_of(hosts, [&](const EgressHost& one) {
    return one.host == host && (one.port == port || (one.port == 0 && (port == 80 || port == 443)));
  });
}

Error not_allowed(std::string_view host, std::uint16_t port) {
  const std::string name = port == 80 || port == 443 ? std::string(host) : fmt::format("{}:{}", host, port);
  return {Code::Denied, fmt::format("{} is not allowed for this command", name), "zo door allow " + name};
}

SandboxNetwork sandbox_network(const Egress& egress, Clock& clock, TunnelRules rules) {
  SandboxNetwork network;
  for (const std::string_view variable : kProxyVariables) network.environment.push_back(fmt::format("{}=http://127.0.0.1:{}", variable, kSandboxProxyPort));
  // What listens inside is reached directly, unless that very name is to lead out.
  std::vector<std::string> inside;
  for (const std::string_view name : {"localhost", "127.0.0.1", "::1"})
    if (std::ranges::find(egress.hosts, name, &EgressHost::host) == egress.hosts.end()) inside.emplace_back(name);
  for (const std::string_view variable : {"NO_PROXY", "no_proxy"}) network.environment.push_back(fmt::format("{}={}", variable, join(inside, ",")));
  for (const std::string_view setting : kSettings) network.environment.emplace_back(setting);
  network.serve = [&clock, rules = std::move(rules)](Fd listener) { return serve_tunnel(clock, std::move(listener), rules); };
  return network;
}

}  // namespace zo
