#include "net/proxy_request.h"

#include <gtest/gtest.h>

#include "net/client_hello.h"

namespace zo {
namespace {

std::string refusal(const std::string& head) {
  const auto length = proxy_head_length(head);
  if (!length) return length.error().message;
  const auto read = read_proxy_request(head);
  return read ? "" : read.error().message;
}

TEST(ProxyRequest, ConnectNamesAHostAndAPort) {
  const auto request = read_proxy_request("CONNECT Example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nProxy-Connection: Keep-Alive\r\n\r\n");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->connect);
  EXPECT_EQ(request->host.text, "example.org");
  EXPECT_EQ(request->port, 443);
  EXPECT_EQ(read_proxy_request("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\n")->host.text, "2001:db8::1");
}

TEST(ProxyRequest, AWholeUrlBecomesWhatItsServerIsAskedFor) {
  const auto request = read_proxy_request(
      "POST HTTP://example.org:8080/a%2Fb?c=d HTTP/1.1\r\nHost: EXAMPLE.org:8080\r\nAccept: */*\r\nConnection: x-mine, Content-Length\r\nX-Mine: 1\r\n"
      "Proxy-Authorization: Basic eDp5\r\nKeep-Alive: 1\r\nTE: trailers\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->head, "POST /a%2Fb?c=d HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(request->body_bytes, 3u);
  EXPECT_EQ(request->port, 8080);
  EXPECT_EQ(read_proxy_request("GET http://example.org?q HTTP/1.1\r\n\r\n")->head, "GET /?q HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(read_proxy_request("PUT http://example.org/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")->chunked);
}

TEST(ProxyRequest, OtherFormsOfAHostAreRefused) {
  for (const char* host : {"2130706433", "127.1", "0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "127.0.0.0x1", "127.0.0.1.", "127.0.0.01", "256.0.0.1", "1.2.3.4.5",
                           "user@example.org", "user:secret@example.org", "exa mple.org", "example..org", ".example.org", "", "ex%61mple.org", "b\xc3\xbc" "cher.de", "[::1", "[127.0.0.1]",
                           "[fe80::1%25lo]", "::1", "example.org\\@evil.org", "a\x01" "b"}) {
    EXPECT_NE(refusal(std::string("CONNECT ") + host + ":443 HTTP/1.1\r\n\r\n"), "") << host;
    EXPECT_NE(refusal(std::string("GET http://") + host + "/ HTTP/1.1\r\n\r\n"), "") << host;
  }
  EXPECT_EQ(refusal("GET http://127.0.0.1/ HTTP/1.1\r\n\r\n"), "") << "for who decides";
  for (const char* port : {"", ":", ":0", ":65536", ":-1", ":44x", ":4 4"}) EXPECT_NE(refusal(std::string("CONNECT example.org") + port + " HTTP/1.1\r\n\r\n"), "") << port;
}

TEST(ProxyRequest, TheHostHeaderIsTheUrls) {
  EXPECT_EQ(refusal("GET http://a.org/ HTTP/1.1\r\nHost: b.org\r\n\r\n"), "the Host header names b.org, the request a.org");
  EXPECT_NE(refusal("GET http://a.org/ HTTP/1.1\r\nHost: a.org:81\r\n\r\n"), "");
  EXPECT_NE(refusal("GET http://a.org/ HTTP/1.1\r\nHost: a.org\r\nHost: b.org\r\n\r\n"), "");
  EXPECT_NE(refusal("CONNECT a.org:443 HTTP/1.1\r\nHost: b.org:443\r\n\r\n"), "");
  EXPECT_EQ(refusal("GET http://a.org/ HTTP/1.1\r\nHost: A.org:80\r\n\r\n"), "");
}

TEST(ProxyRequest, WhatTwoReadersCouldReadDifferentlyIsRefused) {
  const std::string begin = "POST http://a.org/ HTTP/1.1\r\nHost: a.org\r\n";
  for (const char* rest : {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length: 0\r\nContent-Length: 26\r\n\r\n",
                           "Transfer-Encoding: identity\r\n\r\n", "A: b\r\n folded\r\n\r\n", "A: b\nC: d\r\n\r\n", "A : b\r\n\r\n", "Content-Length: +4\r\n\r\n", "A: b\rc\r\n\r\n",
                           "Content-Length: 99999999999999999999\r\n\r\n"})
    EXPECT_NE(refusal(begin + rest), "") << rest;
  EXPECT_NE(refusal("GET /path HTTP/1.1\r\nHost: a.org\r\n\r\n"), "");
  EXPECT_NE(refusal("GET https://a.org/ HTTP/1.1\r\n\r\n"), "");
  EXPECT_NE(refusal("GET ftp://a.org/ HTTP/1.1\r\n\r\n"), "");
  EXPECT_NE(refusal("GET http://a.org/ HTTP/2.0\r\n\r\n"), "");
  EXPECT_NE(refusal("GET  http://a.org/ HTTP/1.1\r\n\r\n"), "");
  EXPECT_NE(refusal("CONNECT a.org:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\n"), "");
  EXPECT_EQ(*proxy_head_length("GET http://a.org/ HTTP/1.1\r\n"), 0u);
  EXPECT_EQ(proxy_head_length(std::string(limits::kTunnelHeadBytes, 'x')).error().status, 431);
}

std::string number(std::size_t value, int width) {
  std::string out;
  for (int i = width - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}
std::string vector_of(const std::string& bytes, int width) { return number(bytes.size(), width) + bytes; }
std::string extension(int type, const std::string& bytes) { return number(static_cast<std::size_t>(type), 2) + vector_of(bytes, 2); }
std::string server_name(const std::string& name) { return extension(0, vector_of(std::string(1, '\0') + vector_of(name, 2), 2)); }
std::string hello(const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + vector_of("session", 1) + vector_of("\x13\x01", 2) + vector_of(std::string(1, '\0'), 1) + vector_of(extensions, 2);
  return "\x01" + vector_of(body, 3);
}
std::string record(const std::string& bytes) { return "\x16\x03\x01" + vector_of(bytes, 2); }
std::string name_in(const std::string& bytes) {
  const auto read = read_client_hello(bytes);
  if (!read) return "refused";
  if (!*read) return "more";
  return (*read)->server_name.value_or("none");
}

TEST(ClientHelloReader, FindsTheNameHoweverItIsCut) {
  const std::string whole = hello(extension(0xfe0d, "encrypted inner hello") + server_name("Example.org") + extension(43, "x"));
  EXPECT_EQ(name_in(record(whole) + "more that is not looked at"), "Example.org");
  for (std::size_t i = 0; i < record(whole).size(); ++i) EXPECT_EQ(name_in(record(whole).substr(0, i)), "more") << i;
  std::string cut;
  for (const char c : whole) cut += record(std::string(1, c));
  EXPECT_EQ(name_in(cut), "Example.org");
  EXPECT_EQ(name_in(record(hello(extension(43, "x")))), "none");
}

TEST(ClientHelloReader, RefusesWhatIsNoneAndWhatTwoCouldReadDifferently) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n"), std::string("SSH-2.0-x\r\n"), std::string("\x16\x02", 2), record(""), std::string("\x16\x03\x01\xff\xff", 5),
                                   record(hello(server_name("a.org") + server_name("b.org"))), record(hello(server_name(std::string("a.org\0.b.org", 12)))),
                                   record(hello(server_name(""))), record(hello(extension(0, ""))), record("\x02" + hello("").substr(1)), record(hello("") + "x"),
                                   record(std::string("\x01\xff\xff\xff", 4))})
    EXPECT_EQ(name_in(bytes), "refused") << bytes;
  const std::string two_names = vector_of(std::string(1, '\0') + vector_of("a.org", 2) + std::string(1, '\0') + vector_of("b.org", 2), 2);
  EXPECT_EQ(name_in(record(hello(extension(0, two_names)))), "refused");
}

}  // namespace
}  // namespace zo
