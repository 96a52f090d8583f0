// Expected failure as a value. Result<T> is what a function returns when the outside world may say no; the message is written
// for a person and names the thing and the limit. Exceptions are left for cancellation, our own bugs and lack of memory.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace zo {

enum class Code {
  NotFound,
  Invalid,
  Denied,
  Conflict,
  Exhausted,  // a limit of ours or of the machine was hit
  Timeout,
  Cancelled,
  Unavailable,  // try again later
  RateLimited,  // likewise: somebody outside wants fewer requests
  Corrupt,
  Internal,
};

// "not_found", "invalid", … : the word used in JSON, logs and the store.
std::string_view code_name(Code code);
// The reverse; a word that is not one of ours reads as Internal.
Code code_from_name(std::string_view name);
// The one table from code to HTTP status and to the exit code of the command line.
int http_status(Code code);
int exit_code(Code code);

struct Error {
  Code code = Code::Internal;
  std::string message;  // "skill 'tax': SKILL.md is 80 KiB, limit 64 KiB"
  std::string advice;   // what to do, shown after "try: "; empty if there is nothing to say

  bool operator==(const Error&) const = default;
};

// "message (try: advice)": both where there is room for one text.
std::string sentence(const Error& error);

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message, std::string advice = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(advice)});
}

// Our own bugs: prints and aborts, in release too.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace zo

#define ZO_CHECK(condition) \
  do {                      \
    if (!(condition)) [[unlikely]] ::zo::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#define ZO_JOIN_(a, b) a##b
#define ZO_JOIN(a, b) ZO_JOIN_(a, b)
#define ZO_TRY_(name, decl, expression, leave)                        \
  auto name = (expression);                                           \
  if (!name) [[unlikely]] leave std::unexpected(std::move(name).error()); \
  decl = std::move(*name)
#define ZO_CHECK_OK_(name, expression, leave) \
  if (auto name = (expression); !name) [[unlikely]] leave std::unexpected(std::move(name).error())

// ZO_TRY(auto file, open(path)): the value, or return the error. The ZO_CO_ forms are for coroutines.
#define ZO_TRY(decl, expression) ZO_TRY_(ZO_JOIN(zo_try_, __LINE__), decl, expression, return)
#define ZO_CO_TRY(decl, expression) ZO_TRY_(ZO_JOIN(zo_try_, __LINE__), decl, expression, co_return)
// The same for Result<void>.
#define ZO_OK(expression) ZO_CHECK_OK_(ZO_JOIN(zo_ok_, __LINE__), expression, return)
#define ZO_CO_OK(expression) ZO_CHECK_OK_(ZO_JOIN(zo_ok_, __LINE__), expression, co_return)
