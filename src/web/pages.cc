#include "web/pages.h"

#include <fmt/core.h>

#include "async/deadline.h"
#include "base/text.h"
#include "base/version.h"

namespace zo {
namespace {

// What a header may bring; a page's own words are bounded elsewhere.
constexpr std::size_t kHeaderShown = 200;

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

HttpAsk ask_for(Errand errand, const std::string& url) {
  HttpAsk ask{.url = url, .errand = std::move(errand)};
  ask.headers = {{"User-Agent", fmt::format("Mozilla/5.0 (compatible; ZoClone/{})", kVersion)},
                 {"Accept", "text/html,application/xhtml+xml,application/json;q=0.9,text/*;q=0.8,*/*;q=0.5"},
                 {"Accept-Encoding", "gzip, deflate"}};
  ask.body_form = BodyForm::Packed;  // what is packed can be a bomb: it is unpacked in the sandbox
  ask.first_byte_ms = limits::kFetchMs;
  ask.idle_ms = limits::kFetchMs;
  return ask;
}

// The same host at its usual ports: http that leads to https.
bool is_same_site(const std::string& a, const std::string& b) {
  const auto one = peer_of(a);
  const auto other = peer_of(b);
  const auto is_usual = [](std::uint16_t port) { return port == 80 || port == 443; };
  return one && other && one->host.text == other->host.text && (one->port == other->port || (is_usual(one->port) && is_usual(other->port)));
}

std::string header_of(const HttpAnswer& answer, std::string_view name) {
  return to_valid_utf8(utf8_prefix(answer.header(name), kHeaderShown));
}

std::unexpected<Error> too_late(const std::string& url) {
  const auto peer = peer_of(url);
  return fail(Code::Timeout, fmt::format("{} has not answered within {} s", peer ? peer->host.text : "the server", limits::kFetchMs / 1'000), "try later, or another page");
}

}  // namespace

Result<std::string> web_address(std::string_view written) {
  const std::string_view text = trim(written);
  if (text.empty() || text.size() > limits::kFetchUrlBytes)
    return fail(Code::Invalid, fmt::format("an address has 1 to {} bytes", limits::kFetchUrlBytes), "https://example.org/page");
  const std::string_view before = text.substr(0, text.find_first_of("/?#"));
  const bool has_scheme = before.ends_with(':') && text.substr(before.size()).starts_with("//");
  // "localhost:8080" has a port, "file:x" and "javascript:x" a scheme.
  const std::size_t colon = before.find(':');
  if (!has_scheme && !before.starts_with('[') && colon != std::string_view::npos && !to_whole_number(before.substr(colon + 1)))
    return fail(Code::Invalid, fmt::format("'{}' is not an http or https address", one_line(text, 80)), "https://example.org/page");
  const std::string whole = has_scheme ? std::string(text) : "https://" + std::string(text);
  const std::size_t mark = whole.find("://") + 3;
  const std::size_t path = whole.find_first_of("/?#", mark);
  std::string url;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto c = static_cast<unsigned char>(whole[i]);
    const bool is_path = i >= path;
    if (c == '#' && i >= mark) break;
    if (is_path && (c <= 0x20 || c >= 0x7f)) url += fmt::format("%{:02X}", c);
    else url += whole[i];
  }
  if (const auto peer = peer_of(url); !peer) return std::unexpected(peer.error());
  return url;
}

std::string told_by(const std::string& url) {
  const auto peer = peer_of(url);
  return peer ? fmt::format("{}:{}", peer->host.in_url(), peer->port) : "";
}

Task<Result<HttpAnswer>> Pages::follow(Errand errand, WebPage& page, std::int64_t end, MayTell may_tell) {
  for (int redirects = 0;; ++redirects) {
    const std::int64_t left = end - clock_.steady_ms();
    if (left <= 0) co_return too_late(page.url);
    std::optional<Result<HttpAnswer>> answer = co_await within(clock_, left, http_.send(ask_for(errand, page.url)));
    if (!answer) co_return too_late(page.url);
    if (!*answer) co_return std::unexpected((*answer).error());
    const std::string to((*answer)->header("location"));
    if (!is_redirect((*answer)->status) || to.empty()) co_return std::move(**answer);
    if (redirects == limits::kFetchRedirects)
      co_return fail(Code::Exhausted, fmt::format("more than {} redirects, the last to {}", limits::kFetchRedirects, one_line(to_valid_utf8(to), 120)));
    Result<std::string> next = to.size() > limits::kFetchUrlBytes ? fail(Code::Invalid, "the server sends on to an address that is too long") : resolved_url(page.url, to);
    if (next) next = web_address(*next);
    if (!next) co_return fail(Code::Denied, "it sends on to where this does not go: " + next.error().message);
    if (may_tell && !is_same_site(page.url, *next) && !may_tell(told_by(*next)))
      co_return fail(Code::Denied, "it sends on to another site: " + one_line(*next, limits::kFetchUrlBytes), "fetch that address by itself, so that it is asked about");
    page.url = *std::move(next);
  }
}

Task<Result<>> Pages::take_body(HttpAnswer& answer, WebPage& page, std::int64_t end) {
  for (;;) {
    const std::int64_t left = end - clock_.steady_ms();
    std::optional<Result<std::string>> bytes;
    if (left > 0) bytes = co_await within(clock_, left, answer.next());
    const bool failed = !bytes || !*bytes;
    if (failed && page.body.empty()) co_return !bytes ? too_late(page.url) : std::unexpected((*bytes).error());
    if (!bytes) page.notes.push_back(fmt::format("the page was still coming after {} s; this is what had come", limits::kFetchMs / 1'000));
    else if (!*bytes) page.notes.push_back("the connection broke; this is what had come");
    if (failed || (*bytes)->empty()) co_return Result<>{};
    page.body += **bytes;
    if (page.body.size() <= limits::kFetchBytes) continue;
    page.body.resize(limits::kFetchBytes);
    page.notes.push_back(fmt::format("the page is larger than {}; the rest was left", human_size(limits::kFetchBytes)));
    co_return Result<>{};
  }
}

Task<Result<WebPage>> Pages::get(Errand errand, std::string url, MayTell may_tell) {
  WebPage page{.url = std::move(url)};
  const std::int64_t end = clock_.steady_ms() + limits::kFetchMs;
  ZO_CO_TRY(HttpAnswer answer, co_await follow(std::move(errand), page, end, std::move(may_tell)));
  page.status = answer.status;
  page.type = header_of(answer, "content-type");
  page.encoding = header_of(answer, "content-encoding");
  ZO_CO_OK(co_await take_body(answer, page, end));
  co_return page;
}

}  // namespace zo
