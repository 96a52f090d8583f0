#include "net/proxy_request.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::string_view kScheme = "http://";
constexpr std::size_t kPeerBytes = 200;  // of a host and a port, as somebody wrote them

std::unexpected<HttpRefusal> refuse(std::string message) { return std::unexpected(HttpRefusal{400, Code::Invalid, std::move(message)}); }

struct Authority {
  std::string text;  // in a URL and a Host header
  HostName host;
  std::optional<std::uint16_t> port;
};

std::expected<Authority, HttpRefusal> read_authority(std::string_view text) {
  const Result<HostPort> read = canonical_host_port(text);
  if (!read) return refuse(sentence(read.error()));
  if (read->host.number && read->host.number->is_v6() && !text.starts_with('[')) return refuse("an IPv6 address stands in brackets");
  Authority authority{.text = read->host.in_url(), .host = read->host, .port = std::nullopt};
  if (read->port == 0) return authority;
  authority.port = read->port;
  authority.text += fmt::format(":{}", read->port);
  return authority;
}

// RFC 9110 7.6.1, and what was for us.
constexpr std::array<std::string_view, 10> kForTheProxy{"connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "proxy-authenticate",
                                                        "proxy-authorization", "transfer-encoding", "host"};

bool is_sent_on(const Header& header, std::string_view listed) {
  if (std::ranges::any_of(kForTheProxy, [&](std::string_view name) { return equals_ignoring_case(name, header.name); })) return false;
  if (equals_ignoring_case(header.name, "content-length")) return true;  // a client cannot have the length taken away by listing it
  return std::ranges::none_of(split(listed, ','), [&](std::string_view word) { return equals_ignoring_case(trim(word), header.name); });
}

std::string head_for_server(std::string_view method, std::string_view target, std::string_view version, const Authority& authority, const HttpRequest& request) {
  std::string head = fmt::format("{} {}{} {}\r\nHost: {}\r\n", method, target.starts_with('/') ? "" : "/", target, version, authority.text);
  std::string listed;
  for (const Header& header : request.headers)
    if (equals_ignoring_case(header.name, "connection")) listed += header.value + ",";
  for (const Header& header : request.headers)
    if (is_sent_on(header, listed)) head += header.name + ": " + header.value + "\r\n";
  if (request.count("transfer-encoding") > 0) head += "Transfer-Encoding: chunked\r\n";
  return head + "Connection: close\r\n\r\n";
}

// The headers under a first line that http_request understands: its rules are ours.
std::expected<HttpRequest, HttpRefusal> read_headers(std::string_view method, std::string_view version, std::string_view lines) {
  HttpRequestParser parser({.head_bytes_max = limits::kTunnelHeadBytes + 64});
  const std::string bytes = fmt::format("{} / {}\r\n{}", method, version, lines);
  ZO_TRY(const std::size_t used, parser.feed(bytes));
  if (used != bytes.size() || !parser.head_done()) return refuse("the request head is malformed");
  return std::move(parser.request());
}

std::expected<void, HttpRefusal> check_host_header(const HttpRequest& request, const Authority& authority, std::uint16_t default_port) {
  const std::size_t count = request.count("host");
  if (count == 0) return {};
  if (count > 1) return refuse("there is more than one Host header");
  ZO_TRY(const Authority named, read_authority(request.header("host")));
  const bool same = named.host == authority.host && named.port.value_or(default_port) == authority.port.value_or(default_port);
  if (!same) return refuse(fmt::format("the Host header names {}, the request {}", named.text, authority.text));
  return {};
}

}  // namespace

std::expected<std::size_t, HttpRefusal> proxy_head_length(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, limits::kTunnelHeadBytes);
  for (std::size_t lf = head.find('\n'), begin = 0; lf != head.npos; begin = lf + 1, lf = head.find('\n', begin)) {
    if (lf == 0 || head[lf - 1] != '\r') return refuse("a line of the request head ends without CR");
    if (lf - begin == 1 && begin == 0) return refuse("there is no request");
    if (lf - begin == 1) return lf + 1;
  }
  if (bytes.size() >= limits::kTunnelHeadBytes) return std::unexpected(HttpRefusal{431, Code::Exhausted, "the request head is larger than 16 KiB, the limit"});
  return 0;
}

std::string peer_as_written(std::string_view head) {
  const std::vector<std::string_view> words = split(head.substr(0, head.find("\r\n")), ' ');
  if (words.size() < 2) return "";
  std::string_view peer = words[1];
  if (const std::size_t mark = peer.find("://"); mark != peer.npos) peer.remove_prefix(mark + 3);
  else if (words[0] != "CONNECT") return "";
  peer = peer.substr(0, peer.find_first_of("/?#\\"));
  if (const std::size_t at = peer.rfind('@'); at != peer.npos) peer.remove_prefix(at + 1);
  return std::string(peer.substr(0, kPeerBytes));
}

std::expected<ProxyRequest, HttpRefusal> read_proxy_request(std::string_view head) {
  const std::size_t end = head.find("\r\n");
  if (end == head.npos) return refuse("this is not an HTTP request");
  const std::vector<std::string_view> words = split(head.substr(0, end), ' ');
  if (words.size() != 3) return refuse("this is not an HTTP request");
  const std::string_view method = words[0];
  const std::string_view target = words[1];
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") return refuse("only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (!std::ranges::all_of(target, [](char c) { return c > ' ' && c < 127 && c != '\\' && c != '#'; })) return refuse("the request target is malformed");
  const bool connect = method == "CONNECT";
  ZO_TRY(const HttpRequest request, read_headers(connect ? "GET" : method, words[2], head.substr(end + 2)));
  ProxyRequest out{.connect = connect};
  const auto length = to_whole_number(request.header("content-length"));
  if (request.count("content-length") > 0 && !length) return refuse("Content-Length is not one number");
  out.body_bytes = length.value_or(0);
  out.chunked = request.count("transfer-encoding") > 0;
  if (connect && (out.body_bytes > 0 || out.chunked)) return refuse("CONNECT has no body");
  const bool http = target.size() > kScheme.size() && equals_ignoring_case(target.substr(0, kScheme.size()), kScheme);
  if (!connect && !http) return refuse("this is a proxy: ask for http://HOST/PATH, or CONNECT HOST:PORT for TLS");

  const std::string_view rest = connect ? target : target.substr(kScheme.size());
  const std::size_t path = connect ? rest.size() : std::min(rest.find_first_of("/?"), rest.size());
  ZO_TRY(const Authority authority, read_authority(rest.substr(0, path)));
  if (connect && !authority.port) return refuse("CONNECT wants HOST:PORT");
  out.host = authority.host;
  out.port = authority.port.value_or(kHttpPort);
  ZO_OK(check_host_header(request, authority, connect ? *authority.port : kHttpPort));
  if (!connect) out.head = head_for_server(method, rest.substr(path), words[2], authority, request);
  return out;
}

}  // namespace zo
