#include <curl/curl.h>

#include <memory>

#include "base/shown.h"
#include "base/text.h"
#include "net/http_client.h"

namespace zo {
namespace {

struct CleanUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

}  // namespace

Result<std::string> resolved_url(const std::string& base, const std::string& reference) {
  const auto refused = [&] {
    // What stands before an '@' may be a password, and is not repeated.
    if (reference.find('@') != std::string::npos) return fail(Code::Invalid, "an address must not hold a name or a password");
    return fail(Code::Invalid, "'" + name_in_line(to_valid_utf8(utf8_prefix(reference, 200))) + "' is not an http or https address");
  };
  const std::unique_ptr<CURLU, CleanUrl> url(curl_url());
  constexpr unsigned kFlags = CURLU_URLENCODE | CURLU_DISALLOW_USER;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), kFlags) != CURLUE_OK) return refused();
  if (curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), kFlags) != CURLUE_OK) return refused();
  char* whole = nullptr;
  if (curl_url_get(url.get(), CURLUPART_URL, &whole, 0) != CURLUE_OK) return refused();
  const std::unique_ptr<char, FreeText> owned(whole);
  std::string text(whole);
  // It is read once more, by the rules of whoever dials.
  if (const auto peer = peer_of(text); !peer) return std::unexpected(peer.error());
  return text;
}

}  // namespace zo
