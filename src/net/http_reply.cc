#include "net/http_reply.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace zo {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // a reason phrase may be empty
  }
}

bool is_ours(std::string_view name) {
  for (const std::string_view ours : {"content-length", "transfer-encoding", "connection", "date"})
    if (equals_ignoring_case(name, ours)) return true;
  return false;
}

void append_safely(std::string& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<unsigned char>(c) < ' ' && c != '\t' ? ' ' : c);
}

}  // namespace

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string http_date(std::time_t seconds) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                     kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string to_bytes(const HttpHead& head, std::string_view date) {
  std::string out;
  out.reserve(256);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: {}\r\n", head.status, reason(head.status), date);
  for (const Header& header : head.headers) {
    if (is_ours(header.name)) continue;
    append_safely(out, header.name);
    out.append(": ");
    append_safely(out, header.value);
    out.append("\r\n");
  }
  if (head.body == HttpBody::Chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (head.body == HttpBody::Sized && may_have_body(head.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", head.body_bytes);
  }
  out.append(head.keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
  return out;
}

HttpReply error_reply(int status, Code code, std::string_view message, std::string_view advice) {
  JsonObject error;
  error["code"] = code_name(code);
  error["message"] = message;
  if (!advice.empty()) error["try"] = advice;
  JsonObject body;
  body["error"] = std::move(error);
  return {status, {{"Content-Type", "application/json"}}, to_text(body)};
}

}  // namespace zo
