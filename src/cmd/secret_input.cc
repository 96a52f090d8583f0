#include "cmd/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/terminal.h"
#include "vault/vault.h"

namespace zo {
namespace {

constexpr char kCtrlC = 3;
constexpr char kCtrlD = 4;
constexpr char kBackspace = 127;

}  // namespace

Result<std::string> typed_secret(std::string_view prompt) {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return fail(Code::Invalid, "there is no terminal to type it on", "--stdin reads it from standard input");
  termios silent = before;
  // Key by key, Ctrl-C among them: whoever breaks off must not be left with a terminal that shows nothing.
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
  write_errors(prompt);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string text;
  bool ended = false;
  for (char c = 0; !ended && text.size() <= kSecretBytesMost && ::read(STDIN_FILENO, &c, 1) == 1;) {
    const bool is_break = c == kCtrlC || c == kCtrlD;
    if (is_break) text.clear();
    ended = is_break || c == '\n' || c == '\r';
    if (c == kBackspace && !text.empty()) text.pop_back();
    else if (!ended && c != kBackspace) text += c;
  }
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  write_errors("\n");
  if (text.empty()) return fail(Code::Cancelled, "nothing was given");
  return text;
}

Result<std::string> piped_secret(std::string advice) {
  std::string text;
  char part[4'096];
  for (ssize_t count; text.size() <= kSecretBytesMost && (count = ::read(STDIN_FILENO, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(count));
  if (trim(text).empty()) return fail(Code::Invalid, "standard input was empty", std::move(advice));
  return std::string(trim(text));
}

}  // namespace zo
