// A statement as it stands in the code. Only a literal becomes one, when it is compiled, and only with as many `?` as it is given
// values: SQL that is built from data, or counts wrongly, does not compile (cmake/sql_check.cc proves it). The one place where `?`
// becomes `$1` for an engine that wants it so.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace zo {

// Those outside of 'text' and "names".
constexpr std::size_t count_parameters(std::string_view sql) {
  std::size_t count = 0;
  char quote = '\0';
  for (const char c : sql) {
    if (quote != '\0') quote = c == quote ? '\0' : quote;
    else if (c == '\'' || c == '"') quote = c;
    else if (c == '?') ++count;
  }
  return count;
}

template <std::size_t kParameters>
class SqlWith {
 public:
  template <std::size_t N>
  consteval SqlWith(const char (&literal)[N]) : text_(literal) {
    if (count_parameters({literal, N - 1}) != kParameters) throw "the statement has another number of ? than it is given values";
  }
  // Lives as long as the program; the same statement has the same address.
  const char* text() const { return text_; }

 private:
  const char* text_;
};

// What a call with those arguments takes.
template <class... Args>
using Sql = std::type_identity_t<SqlWith<sizeof...(Args)>>;

}  // namespace zo
