// Pages of the web as they come: GET through the door. A redirect is a dial of its own, so the door looks at each; nothing that could
// identify a person is sent, to the first host or to the next. Size, time and the number of redirects are bounded.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "async/clock.h"
#include "net/http_client.h"

namespace zo::limits {
inline constexpr std::size_t kFetchBytes = 10 * MiB;         // of one page, as it came and unpacked; the rest is left
inline constexpr std::size_t kFetchRatio = 100;              // unpacked to packed; beyond, the rest is left
inline constexpr std::int64_t kFetchMs = 30'000;             // with all redirects; what has come by then is read
inline constexpr int kFetchRedirects = 5;
inline constexpr std::size_t kFetchUrlBytes = 4 * KiB;
inline constexpr std::int64_t kFetchChars = 8'000;           // of a page told to the model, unless it asks for more
inline constexpr std::int64_t kFetchCharsMost = 15'000;      // with a line at the end that says what was cut
inline constexpr std::int64_t kReadableMs = 20'000;          // of the sandbox that makes a page readable
inline constexpr std::size_t kReadableMemory = 256 * MiB;    // likewise
inline constexpr std::int64_t kWebSearchMs = 20'000;         // for a search provider to answer
inline constexpr std::size_t kWebSearchBytes = 2 * MiB;      // of its answer
inline constexpr std::size_t kWebHits = 20;                  // of one search
inline constexpr std::size_t kWebHitsDefault = 5;
inline constexpr std::size_t kWebSnippetChars = 300;         // of one hit
}  // namespace zo::limits

namespace zo {

// "example.org:443": whom asking for that address tells something. Empty when it is none.
std::string told_by(const std::string& url);

struct WebPage {
  std::string url;  // after all redirects
  int status = 0;
  std::string type;      // Content-Type, as it was sent
  std::string encoding;  // Content-Encoding, likewise
  std::string body;      // packed as it says; at most limits::kFetchBytes
  std::vector<std::string> notes;  // what was left out, in words
};

// As a model writes it: "example.org/a b" becomes "https://example.org/a%20b". Invalid when it is no http or https address, or holds a
// name or password.
Result<std::string> web_address(std::string_view written);

class Pages {
 public:
  // Both outlive it.
  Pages(Clock& clock, HttpClient& http) : clock_(clock), http_(http) {}

  // `url` is a web_address(). Whatever the status. Denied by the door; Timeout when nothing has come within limits::kFetchMs; what has
  // come by then is a page.
  // `may_tell`: whether a redirect may lead to "other.org:443"; Denied names the address that it leads to. Unset: anywhere.
  using MayTell = std::function<bool(std::string_view destination)>;
  Task<Result<WebPage>> get(Errand errand, std::string url, MayTell may_tell = {});

 private:
  Task<Result<HttpAnswer>> follow(Errand errand, WebPage& page, std::int64_t end, MayTell may_tell);
  Task<Result<>> take_body(HttpAnswer& answer, WebPage& page, std::int64_t end);

  Clock& clock_;
  HttpClient& http_;
};

}  // namespace zo
