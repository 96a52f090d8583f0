// Addresses that anybody wrote: where one is accepted, libcurl, which dials it, reads the same scheme, host and port out of it as we do.
#include <curl/curl.h>

#include <memory>

#include "base/text.h"
#include "net/http_client.h"

namespace {

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string out(text);
  curl_free(text);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const zo::Result<zo::HostPort> peer = zo::peer_of(text);
  if (!peer) {
    ZO_CHECK(zo::is_valid_utf8(peer.error().message));
    return 0;
  }
  ZO_CHECK(peer->port != 0 && text.find('\0') == std::string::npos);
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return 0;  // it dials nobody then
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  ZO_CHECK(scheme == "http" || scheme == "https");
  ZO_CHECK(part_of(url.get(), CURLUPART_USER).empty() && part_of(url.get(), CURLUPART_PASSWORD).empty());
  ZO_CHECK(zo::canonical_host(part_of(url.get(), CURLUPART_HOST)) == peer->host);
  ZO_CHECK(part_of(url.get(), CURLUPART_PORT) == std::to_string(peer->port));
  return 0;
}
