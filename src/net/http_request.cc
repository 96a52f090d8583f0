#include "net/http_request.h"

#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"

namespace zo {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

std::unexpected<HttpRefusal> refuse(int status, Code code, std::string message) {
  return std::unexpected(HttpRefusal{status, code, std::move(message)});
}

std::unexpected<HttpRefusal> refuse_body(std::size_t bytes_max) {
  return refuse(413, Code::Exhausted, "the request body is larger than " + human_size(bytes_max) + ", the limit of this route");
}

// HTTP/0.9, and what is no HTTP at all, is a line without a version and nothing behind it.
bool ends_with_version(std::string_view line) {
  static constexpr std::string_view kForm = " HTTP/1.1";
  if (line.size() < kForm.size()) return false;
  const std::string_view end = line.substr(line.size() - kForm.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return end.starts_with(" HTTP/") && is_digit(end[6]) && end[7] == '.' && is_digit(end[8]);
}

// Looks at the lines of a head as they arrive, stricter and earlier than Beast does.
struct HeadScan {
  std::size_t scanned = 0;
  std::size_t line_begin = 0;

  // The length of the whole head once it is there, 0 until then.
  std::expected<std::size_t, HttpRefusal> scan(std::string_view bytes) {
    for (;;) {
      const std::size_t lf = bytes.find('\n', scanned);
      if (lf == bytes.npos) {
        scanned = bytes.size();
        return 0;
      }
      if (lf == 0 || bytes[lf - 1] != '\r') return refuse(400, Code::Invalid, "a line of the request head ends without CR");
      const std::string_view line = bytes.substr(line_begin, lf - 1 - line_begin);
      if (line_begin == 0 && !ends_with_version(line)) return refuse(400, Code::Invalid, "this is not an HTTP/1 request");
      const bool empty_line = line.empty();
      const bool folded = line_begin > 0 && (line.starts_with(' ') || line.starts_with('\t'));
      if (folded) return refuse(400, Code::Invalid, "a header is folded over two lines");
      scanned = line_begin = lf + 1;
      if (empty_line) return scanned;
    }
  }
};

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Else a handler would take a parameter that it cannot read for one that was not sent.
Result<> check_query(std::string_view query) {
  if (query.find('%') == query.npos) return {};
  std::string ignored;  // only whether it can be decoded matters
  for (const std::string_view pair : split(query, '&')) {
    if (percent_decode(pair, ignored)) continue;
    return fail(Code::Invalid, fmt::format("the parameter '{}' holds a broken percent escape", one_line(pair.substr(0, pair.find('=')), 80)));
  }
  return {};
}

}  // namespace

// Beast reads lines, fields, lengths and chunks; what it finds goes straight into an HttpRequest.
struct HttpRequestParser::Impl : http::basic_parser<true> {
  explicit Impl(HttpRequestLimits l) : limits(l) {
    header_limit(static_cast<std::uint32_t>(l.head_bytes_max));
    body_limit(boost::none);  // ours, set after the head
  }

  HttpRequestLimits limits;
  HeadScan head;
  HttpRequest request;
  std::size_t body_bytes_max = 0;
  bool leading_line_skipped = false;
  bool head_method = false;
  bool http_1_0 = false;
  bool body_begun = false;
  bool too_many_headers = false;
  bool body_too_large = false;

  std::expected<std::size_t, HttpRefusal> feed_head(std::string_view bytes);
  std::expected<std::size_t, HttpRefusal> put_bytes(std::string_view bytes);
  std::expected<void, HttpRefusal> check_head();

  void on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target, int version,
                       error_code&) override {
    head_method = method == "HEAD";
    request.method = head_method ? "GET" : std::string(method);
    request.target = std::string(target);
    http_1_0 = version == 10;
  }
  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value, error_code& ec) override {
    if (is_header_done()) return;  // a trailer
    if (request.headers.size() >= limits.headers_max) {
      too_many_headers = true;
      ec = http::error::header_limit;
      return;
    }
    request.headers.push_back({std::string(name), std::string(value)});
  }
  void make_room(std::uint64_t bytes, error_code& ec) {
    if (bytes <= body_bytes_max - request.body.size()) return;
    body_too_large = true;
    ec = http::error::body_limit;
  }
  std::size_t take_body(boost::beast::string_view bytes, error_code& ec) {
    make_room(bytes.size(), ec);
    if (ec) return 0;
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_body_impl(boost::beast::string_view bytes, error_code& ec) override { return take_body(bytes, ec); }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes, error_code& ec) override {
    return take_body(bytes, ec);
  }
  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, error_code& ec) override {
    body_begun = true;
    make_room(size, ec);
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}
};

std::expected<std::size_t, HttpRefusal> HttpRequestParser::Impl::feed_head(std::string_view bytes) {
  // RFC 9112, 2.2: one empty line before a request is ignored.
  if (!leading_line_skipped && head.scanned == 0) {
    if (bytes == "\r") return 0;
    leading_line_skipped = true;
    if (bytes.starts_with("\r\n")) return 2;
  }
  if (!bytes.empty() && !is_token_char(bytes.front())) return refuse(400, Code::Invalid, "this is not an HTTP request");
  ZO_TRY(const std::size_t length, head.scan(bytes));
  if (length > limits.head_bytes_max || (length == 0 && bytes.size() >= limits.head_bytes_max)) {
    return refuse(431, Code::Exhausted, "the request head is larger than " + human_size(limits.head_bytes_max) + ", the limit");
  }
  if (length == 0) return 0;
  ZO_TRY(const std::size_t used, put_bytes(bytes.substr(0, length)));
  if (used != length || !is_header_done()) return refuse(400, Code::Invalid, "the request head is malformed");
  ZO_OK(check_head());
  return used;
}

std::expected<std::size_t, HttpRefusal> HttpRequestParser::Impl::put_bytes(std::string_view bytes) {
  // The shortest chunked body is "0 CRLF CRLF"; Beast asserts, rather than asks for more, when it gets less than that twice.
  if (is_header_done() && chunked() && !body_begun && bytes.size() < 5) return 0;
  error_code ec;
  const std::size_t used = put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (!ec || ec == http::error::need_more) return used;
  if (too_many_headers) {
    return refuse(431, Code::Exhausted, fmt::format("the request has more than {} headers, the limit", limits.headers_max));
  }
  if (body_too_large) return refuse_body(body_bytes_max);
  if (ec == http::error::bad_version) return refuse(505, Code::Invalid, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  return refuse(400, Code::Invalid, "the request is malformed: " + ec.message());
}

std::expected<void, HttpRefusal> HttpRequestParser::Impl::check_head() {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (const Header& header : request.headers) {
    if (equals_ignoring_case(header.name, "content-length")) {
      ++lengths;
      if (header.value.find_first_not_of("0123456789") != std::string::npos)
        return refuse(400, Code::Invalid, "Content-Length is not one number");
    } else if (equals_ignoring_case(header.name, "transfer-encoding")) {
      ++codings;
      if (!equals_ignoring_case(header.value, "chunked"))
        return refuse(400, Code::Invalid, "of transfer codings only chunked is understood");
    }
  }
  if (lengths + codings > 1) return refuse(400, Code::Invalid, "the request gives its length more than once");
  if (codings == 1 && http_1_0) return refuse(400, Code::Invalid, "HTTP/1.0 has no Transfer-Encoding");
  auto target = parse_http_target(request.target);
  if (!target) return refuse(400, Code::Invalid, std::move(target.error().message));
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  return {};
}

HttpRequestParser::HttpRequestParser(HttpRequestLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
HttpRequestParser::~HttpRequestParser() = default;
HttpRequestParser::HttpRequestParser(HttpRequestParser&&) noexcept = default;

std::expected<std::size_t, HttpRefusal> HttpRequestParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (!done() && used < bytes.size()) {
    const bool in_head = !head_done();
    ZO_TRY(const std::size_t step, in_head ? impl_->feed_head(bytes.substr(used)) : impl_->put_bytes(bytes.substr(used)));
    used += step;
    if (step == 0 || (in_head && head_done())) break;
  }
  return used;
}

bool HttpRequestParser::head_done() const { return impl_->is_header_done(); }
bool HttpRequestParser::done() const { return impl_->is_done(); }

std::expected<std::size_t, HttpRefusal> HttpRequestParser::limit_body(std::size_t bytes_max) {
  impl_->body_bytes_max = bytes_max;
  if (done()) return 0;
  const auto announced = impl_->content_length();
  if (!announced) return bytes_max;
  if (*announced > bytes_max) return refuse_body(bytes_max);
  impl_->request.body.reserve(*announced);  // touched only as it arrives
  return *announced;
}

bool HttpRequestParser::expects_continue() const {
  return !impl_->http_1_0 && equals_ignoring_case(impl_->request.header("expect"), "100-continue");
}
bool HttpRequestParser::keep_alive() const { return impl_->keep_alive(); }
bool HttpRequestParser::is_head() const { return impl_->head_method; }
bool HttpRequestParser::is_http_1_0() const { return impl_->http_1_0; }
HttpRequest& HttpRequestParser::request() { return impl_->request; }

Result<HttpTarget> parse_http_target(std::string_view target) {
  if (!target.starts_with('/')) return fail(Code::Invalid, "the request target is not a path that begins with /");
  if (target.find('#') != target.npos) return fail(Code::Invalid, "the request target has a fragment");
  HttpTarget out;
  const std::size_t question = target.find('?');
  const std::string_view raw = target.substr(0, question);
  if (question != target.npos) out.query = target.substr(question + 1);
  // An encoded slash would make a segment that looks like two.
  for (std::size_t i = raw.find('%'); i != raw.npos; i = raw.find('%', i + 1)) {
    if (equals_ignoring_case(raw.substr(i, 3), "%2f")) return fail(Code::Invalid, "the path holds an encoded slash");
  }
  ZO_OK(check_query(out.query));
  if (!percent_decode(raw, out.path)) return fail(Code::Invalid, "the path holds a broken percent escape");
  if (!is_valid_utf8(out.path)) return fail(Code::Invalid, "the path is not UTF-8");
  if (out.path.find_first_of(std::string_view("\\\0", 2)) != out.path.npos)
    return fail(Code::Invalid, "the path holds a backslash or NUL");
  for (const std::string_view segment : split(out.path, '/')) {
    if (segment == "." || segment == "..") return fail(Code::Invalid, "the path holds a dot segment");
  }
  return out;
}

HttpRequestsRead parse_http_requests(std::string_view bytes, std::size_t piece) {
  HttpRequestsRead out;
  const HttpRequestLimits limits{.head_bytes_max = 4 * limits::KiB, .headers_max = 16};
  auto parser = std::make_unique<HttpRequestParser>(limits);
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end < bytes.size()) {
    end = std::min(bytes.size(), end + piece);
    for (bool moved = true; moved && begin < end;) {
      const bool had_head = parser->head_done();
      auto used = parser->feed(bytes.substr(begin, end - begin));
      if (used && !had_head && parser->head_done()) {
        if (const auto limited = parser->limit_body(limits::MiB); !limited) used = std::unexpected(limited.error());
      }
      if (!used) {
        out.refused = used.error().status;
        return out;
      }
      begin += *used;
      moved = *used > 0;
      if (!parser->done()) continue;
      out.requests.push_back(std::move(parser->request()));
      parser = std::make_unique<HttpRequestParser>(limits);
    }
  }
  return out;
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

std::size_t HttpRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); }));
}

std::optional<std::string> HttpRequest::parameter(std::string_view name) const {
  std::string decoded;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    // In a query "+" is a space (WHATWG URL, application/x-www-form-urlencoded).
    const auto decode = [&decoded](std::string_view text) {
      std::string spaced(text);
      std::ranges::replace(spaced, '+', ' ');
      return percent_decode(spaced, decoded);
    };
    if (!decode(pair.substr(0, equals)) || decoded != name) continue;
    if (equals == pair.npos) return std::string();
    if (decode(pair.substr(equals + 1))) return decoded;
  }
  return std::nullopt;
}

}  // namespace zo
