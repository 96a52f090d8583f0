#include "base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace zo {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int http;
  int exit;
};

constexpr std::array<Row, 11> kTable{{
    {Code::NotFound, "not_found", 404, 1},
    {Code::Invalid, "invalid", 422, 2},
    {Code::Denied, "denied", 403, 4},
    {Code::Conflict, "conflict", 409, 1},
    {Code::Exhausted, "exhausted", 429, 5},
    {Code::Timeout, "timeout", 504, 5},
    {Code::Cancelled, "cancelled", 499, 130},
    {Code::Unavailable, "unavailable", 503, 3},
    {Code::RateLimited, "rate_limited", 429, 3},
    {Code::Corrupt, "corrupt", 500, 1},
    {Code::Internal, "internal", 500, 1},
}};

const Row& row(Code code) {
  for (const Row& r : kTable)
    if (r.code == code) return r;
  return kTable.back();
}

}  // namespace

std::string_view code_name(Code code) { return row(code).name; }
int http_status(Code code) { return row(code).http; }
int exit_code(Code code) { return row(code).exit; }

Code code_from_name(std::string_view name) {
  for (const Row& r : kTable)
    if (r.name == name) return r.code;
  return Code::Internal;
}

std::string sentence(const Error& error) { return error.message + (error.advice.empty() ? "" : " (try: " + error.advice + ")"); }

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "zo: a bug of ours: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace zo
