#include "door/gateway_request.h"

#include <cctype>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "net/http_client.h"

namespace zo {
namespace {

constexpr std::size_t kNameBytes = 64;
constexpr std::string_view kForm = "http://secret.zo/NAME/path";

// RFC 9110 7.6.1, and what is said anew.
constexpr std::array<std::string_view, 12> kOfOneConnection{"connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate",
                                                            "proxy-authorization", "host", "content-length", "expect"};
// An answer comes unpacked; what it says of its server's other addresses is not for who asks the gateway.
constexpr std::array<std::string_view, 3> kNotOfTheGateway{"content-encoding", "alt-svc", "strict-transport-security"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

std::string listed(const std::vector<Header>& headers) {
  std::string words;
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, "connection")) words += header.value + ",";
  return words;
}

bool is_listed(std::string_view words, std::string_view name) {
  return std::ranges::any_of(split(words, ','), [&](std::string_view word) { return equals_ignoring_case(trim(word), name); });
}

Result<std::string> checked_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const std::string shown = one_line(to_valid_utf8(name), kNameBytes);
  if (name.empty()) return fail(Code::Invalid, "no secret is named", std::string(kForm));
  if (name.find('%') != name.npos) return fail(Code::Invalid, fmt::format("the name '{}' is percent-encoded", shown), fmt::format("write it as it is: {}", kForm));
  if (name.size() > kNameBytes || name.find_first_not_of(kLetters) != name.npos || name.find_first_not_of('.') == name.npos)
    return fail(Code::Invalid, fmt::format("'{}' is no name of a secret", shown), std::string(kForm));
  return std::string(name);
}

Result<> check_path(std::string_view path) {
  for (std::size_t i = path.find('%'); i != path.npos; i = path.find('%', i + 1)) {
    std::string decoded;
    const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (path.size() < i + 3 || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) return fail(Code::Invalid, "the path holds a broken percent escape");
    // What it stands for may be no text at all: a NUL.
    if (!percent_decode(path.substr(i, 3), decoded) || decoded == "." || decoded[0] == '\\' || static_cast<unsigned char>(decoded[0]) < ' ') return fail(Code::Invalid, "the path holds an encoded dot, backslash or control character", "write the path plainly");
  }
  for (const std::string_view segment : split(path, '/'))
    if (segment == "." || segment == "..") return fail(Code::Invalid, "the path holds a dot segment", "write the path plainly");
  return {};
}

// "https://Host:443/x" of "https://host" is "/x"; nothing when it leads elsewhere.
std::optional<std::string> path_at(std::string_view location, std::string_view origin) {
  if (location.starts_with("/") && !location.starts_with("//")) return std::string(location);
  const std::string_view scheme = origin.substr(0, origin.find("//"));  // "https:"
  const std::string url = location.starts_with("//") ? fmt::format("{}{}", scheme, location) : std::string(location);
  if (url.size() < scheme.size() + 2 || !equals_ignoring_case(std::string_view(url).substr(0, scheme.size()), scheme)) return std::nullopt;
  const Result<HostPort> there = peer_of(url);
  const Result<HostPort> here = peer_of(origin);
  if (!there || !here || !(there->host == here->host) || there->port != here->port) return std::nullopt;
  const std::size_t path = url.find_first_of("/?#", scheme.size() + 2);
  if (path == url.npos) return "/";
  return (url[path] == '/' ? "" : "/") + url.substr(path);
}

}  // namespace

Result<GatewayRequest> read_gateway_request(std::string_view head) {
  std::vector<std::string_view> lines = split(head, '\n');
  for (std::string_view& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  const std::vector<std::string_view> words = split(lines.front(), ' ');
  if (words.size() != 3 || !words[1].starts_with('/')) return fail(Code::Invalid, "this is not an HTTP request");
  GatewayRequest request{.method = std::string(words[0]), .name = {}, .target = {}, .is_http_1_0 = words[2] == "HTTP/1.0"};
  const std::string_view target = words[1].substr(1);
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  ZO_TRY(request.name, checked_name(target.substr(0, end)));
  const std::string_view rest = target.substr(end);
  ZO_OK(check_path(rest.substr(0, rest.find('?'))));
  request.target = (rest.starts_with('/') ? "" : "/") + std::string(rest);
  for (const std::string_view line : std::span(lines).subspan(1)) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    Header header{std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))};
    if (equals_ignoring_case(header.name, "expect")) request.expects_continue = equals_ignoring_case(header.value, "100-continue") && !request.is_http_1_0;
    request.headers.push_back(std::move(header));
  }
  if (request.method == "TRACE") return fail(Code::Denied, "TRACE would send the secret back");
  return request;
}

std::vector<Header> headers_for_host(const std::vector<Header>& sent, std::string_view secret_header) {
  const std::string words = listed(sent);
  std::vector<Header> out;
  for (const Header& header : sent) {
    if (is_among(kOfOneConnection, header.name) || is_listed(words, header.name)) continue;
    if (equals_ignoring_case(header.name, secret_header) || equals_ignoring_case(header.name, "accept-encoding")) continue;
    out.push_back(header);
  }
  return out;
}

std::vector<Header> headers_for_client(const std::vector<Header>& answered, std::string_view name, std::string_view origin) {
  const std::string words = listed(answered);
  std::vector<Header> out;
  for (const Header& header : answered) {
    if (is_among(kOfOneConnection, header.name) || is_among(kNotOfTheGateway, header.name) || is_listed(words, header.name)) continue;
    out.push_back(header);
    if (!equals_ignoring_case(header.name, "location") && !equals_ignoring_case(header.name, "content-location")) continue;
    if (const auto path = path_at(header.value, origin)) out.back().value = fmt::format("http://{}/{}{}", kGatewayHost, name, *path);
  }
  return out;
}

}  // namespace zo
