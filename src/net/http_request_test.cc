#include "net/http_request.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace zo {
namespace {

// "GET /a body" for every request read, then the status of the refusal, if any. The same however the bytes are cut.
std::string read(std::string_view bytes) {
  std::string whole;
  for (const std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    const HttpRequestsRead read = parse_http_requests(bytes, piece);
    std::string out;
    for (const HttpRequest& r : read.requests) out += r.method + " " + r.path + " " + r.body + "|";
    if (read.refused) out += std::to_string(read.refused);
    if (whole.empty()) whole = out;
    EXPECT_EQ(out, whole) << "in pieces of " << piece;
  }
  return whole;
}

std::string with_header(std::string_view header, std::string_view body = "") {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + std::string(header) + "\r\n\r\n" + std::string(body);
}

TEST(HttpRequest, ReadsOneAfterTheOther) {
  EXPECT_EQ(read("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
                 "POST /b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
                 "\r\nPOST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
                 "HEAD /d HTTP/1.0\r\n\r\n"),
            "GET /a |POST /b hello|POST /c abc0123456789|GET /d |");
}

TEST(HttpRequest, RefusesEveryAmbiguousLength) {
  EXPECT_EQ(read(with_header("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Content-Length: 5\r\nContent-Length: 6", "hello!")), "400");
  EXPECT_EQ(read(with_header("Content-Length: 5\r\nContent-Length: 5", "hello")), "400");
  EXPECT_EQ(read(with_header("Content-Length: 5, 5", "hello")), "400");
  EXPECT_EQ(read(with_header("Content-Length: +5", "hello")), "400");
  EXPECT_EQ(read(with_header("Content-Length: 0x5", "hello")), "400");
  EXPECT_EQ(read(with_header("Content-Length: ", "hello")), "400");
  EXPECT_EQ(read(with_header("Content-Length: 99999999999999999999999", "hello")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: gzip", "hello")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: xchunked", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")), "400");
  EXPECT_EQ(read(with_header("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")), "400");
  EXPECT_EQ(read("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400");
}

TEST(HttpRequest, RefusesWhatAnotherServerMightReadOtherwise) {
  EXPECT_EQ(read("GET /a HTTP/1.1\nHost: x\n\n"), "400");
  EXPECT_EQ(read("GET /a HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"), "400");
  EXPECT_EQ(read("GET /a HTTP/1.1\r\nHost: x\rA: b\r\n\r\n"), "400");
  EXPECT_EQ(read(with_header("A: b\r\n c")), "400");
  EXPECT_EQ(read(with_header("A : b")), "400");
  EXPECT_EQ(read(with_header(" A: b")), "400");
  EXPECT_EQ(read(with_header(": b")), "400");
  EXPECT_EQ(read(with_header("A")), "400");
  EXPECT_EQ(read(with_header(std::string("A: b\0c", 6))), "400");
  EXPECT_EQ(read("\x16\x03\x01 a TLS hello"), "400");
  EXPECT_EQ(read("GET  /a HTTP/1.1\r\n\r\n"), "400");
  EXPECT_EQ(read("GET /a b HTTP/1.1\r\n\r\n"), "505");
  EXPECT_EQ(read("GET /a HTTP/2.0\r\n\r\n"), "505");
  EXPECT_EQ(read("GET /a\r\n\r\n"), "400");
  EXPECT_EQ(read("\r\n\r\nGET /a HTTP/1.1\r\n\r\n"), "400");
}

TEST(HttpRequest, RefusesALineWithoutAVersionBeforeTheRestComes) {
  for (const std::string line : {"GET /a", "GET", "hello", "GET /a http/1.1", "SSH-2.0-OpenSSH_9.2", "GET /aHTTP/1.1"}) EXPECT_EQ(read(line + "\r\n"), "400") << line;
  EXPECT_EQ(read("GET /a\n"), "400");
  EXPECT_EQ(read("GET /a HTTP/1.1\r\n"), "");
}

TEST(HttpRequest, RefusesABrokenEscapeInTheQuery) {
  for (const std::string query : {"path=%zz", "a=b&path=%e", "path=%", "path=%00", "%zz=1", "flag&%"}) EXPECT_EQ(read("GET /a?" + query + " HTTP/1.1\r\n\r\n"), "400") << query;
  EXPECT_EQ(read("GET /a?path=100%25&b=%C3%A9+c HTTP/1.1\r\n\r\n"), "GET /a |");
  EXPECT_EQ(parse_http_target("/a?a=b&path=%zz").error().message, "the parameter 'path' holds a broken percent escape");
}

TEST(HttpRequest, RefusesBrokenChunks) {
  const auto chunked = [](std::string_view body) { return read(with_header("Transfer-Encoding: chunked", body)); };
  EXPECT_EQ(chunked("5\nhello\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("5\r\nhelloX\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("-5\r\nhello\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), "413");
  EXPECT_EQ(chunked("\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("5;\"\r\n\"\r\nhello\r\n0\r\n\r\n"), "400");
  EXPECT_EQ(chunked("0\r\nContent-Length: 5\r\n\r\n"), "400");
}

TEST(HttpRequest, RefusesTargetsThatAreNotAPlainPath) {
  for (const std::string target : {"http://x/a", "*", "x:80", "/a/../b", "/..", "/%2e%2E/a", "/a/.", "/a%2fb", "/a%2Fb", "/a%00",
                                   "/a%5cb", "/a\\b", "/%zz", "/%e", "/a#b", "/\xFF", "/%ff"}) {
    EXPECT_EQ(read("GET " + target + " HTTP/1.1\r\n\r\n"), "400") << target;
  }
  EXPECT_EQ(read("GET /caf%C3%A9/a%20b+c/..d HTTP/1.1\r\n\r\n"), "GET /caf\xC3\xA9/a b+c/..d |");
}

TEST(HttpRequest, RefusesMoreThanTheLimits) {
  std::string many = "GET /a HTTP/1.1\r\n";
  for (int i = 0; i < 17; ++i) many += "A: b\r\n";
  EXPECT_EQ(read(many + "\r\n"), "431");
  EXPECT_EQ(read("GET /" + std::string(5'000, 'a')), "431");
  EXPECT_EQ(read(with_header("A: " + std::string(5'000, 'a'))), "431");
  EXPECT_EQ(read(with_header("Content-Length: 1048577")), "413");
  EXPECT_EQ(read(with_header("Transfer-Encoding: chunked", "100001\r\n" + std::string(1'048'577, 'a'))), "413");
}

TEST(HttpRequest, FindsHeadersAndParameters) {
  const HttpRequest request{.query = "after=3&name=a+b%26c&flag&bad=%zz&after=4", .headers = {{"X-A", "1"}, {"x-a", "2"}}};
  EXPECT_EQ(request.header("x-A"), "1");
  EXPECT_EQ(request.header("y"), "");
  EXPECT_EQ(request.count("X-a"), 2u);
  EXPECT_EQ(request.parameter("after"), "3");
  EXPECT_EQ(request.parameter("name"), "a b&c");
  EXPECT_EQ(request.parameter("flag"), "");
  EXPECT_EQ(request.parameter("bad"), std::nullopt);
  EXPECT_EQ(request.parameter("none"), std::nullopt);
}

RC_GTEST_PROP(HttpRequest, AnyBytesReadTheSameInOnePieceAndInMany, ()) {
  static const std::vector<std::string> kWords = {
      "GET ", "POST ", "/", "/a", "%2f", "..", "?", " HTTP/1.1", "\r\n", "\r\n\r\n", "\n", "\r", "Content-Length: ", "3", "0",
      "Transfer-Encoding: chunked", ":", " ", "abc", "Expect: 100-continue", ";", ",", "ff"};
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kWords));
  std::string bytes;
  for (const std::string& word : words) bytes += word;
  RC_PRE(!bytes.empty());
  const HttpRequestsRead whole = parse_http_requests(bytes, bytes.size());
  const HttpRequestsRead cut = parse_http_requests(bytes, *rc::gen::inRange<std::size_t>(1, 9));
  RC_ASSERT(whole.requests.size() == cut.requests.size());
  RC_ASSERT(whole.refused == cut.refused);
}

}  // namespace
}  // namespace zo
