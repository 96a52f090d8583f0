#include "api/page.h"

#include <zlib.h>

#include "api/route.h"
#include "base/text.h"

namespace zo {
namespace {

// Nothing remote, no inline script, never in a frame.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

// Where programs ask, and get errors that programs read: below the first step of a route's pattern, "/api/".
bool is_below_a_route(std::string_view path) {
  for (const Route& route : routes()) {
    const std::size_t step = route.pattern.find('/', 1);
    if (step != std::string_view::npos && path.starts_with(route.pattern.substr(0, step + 1))) return true;
  }
  return false;
}

std::string inflate_all(std::string_view bytes) {
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int code = Z_OK;
  while (code == Z_OK) {
    const std::size_t have = out.size();
    out.resize(have + 64 * 1024);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = 64 * 1024;
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return out;
}

// As it is for the few who take no gzip. Inflated once: anybody may ask for it as often as he likes.
const std::string& plain_bytes(const PageFile& file) {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> inflated;
    for (const PageFile& one : page_files()) inflated.push_back(inflate_all(one.bytes));
    return inflated;
  }();
  return all.at(static_cast<std::size_t>(&file - page_files().data()));
}

HttpReply file_reply(const PageFile& file, const HttpRequest& request) {
  HttpReply reply;
  const bool hashed = file.path.starts_with("/assets/");  // the name changes with the content
  reply.headers = {{"Content-Type", std::string(file.type) + (file.type.starts_with("text/") ? "; charset=utf-8" : "")},
                   {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
                   {"Content-Security-Policy", std::string(kPolicy)},
                   {"X-Content-Type-Options", "nosniff"},
                   {"Referrer-Policy", "no-referrer"},
                   {"Cross-Origin-Opener-Policy", "same-origin"},
                   {"Cross-Origin-Resource-Policy", "same-origin"},
                   {"Vary", "Accept-Encoding"}};
  if (request.header("accept-encoding").find("gzip") != std::string_view::npos) {
    reply.headers.push_back({"Content-Encoding", "gzip"});
    reply.body = file.bytes;
  } else {
    reply.body = plain_bytes(file);
  }
  return reply;
}

}  // namespace

bool goes_to_the_page(const HttpRequest& request) {
  if (request.path == "/") return true;
  if (is_below_a_route(request.path) || request.path.starts_with("/assets/")) return false;
  const std::string_view mode = request.header("sec-fetch-mode");  // not sent where the page is no secure context
  return mode.empty() ? request.header("accept").find("text/html") != std::string_view::npos : mode == "navigate";
}

std::optional<HttpReply> page_reply(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const std::string_view wanted = goes_to_the_page(request) ? "/" : std::string_view(request.path);
  for (const PageFile& file : page_files())
    if (file.path == wanted) return file_reply(file, request);
  if (wanted != "/") return std::nullopt;
  return HttpReply{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "ZoClone runs, but this build has no page. Build it with ./run.\n"};
}

}  // namespace zo
