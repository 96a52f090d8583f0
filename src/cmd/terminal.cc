#include "cmd/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include "base/shown.h"
#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr std::size_t kWidthLeast = 20;
constexpr std::size_t kAnswerBytes = 256;  // of a person, to a question

std::size_t width_of(char32_t value) {
  const int width = ::wcwidth(static_cast<wchar_t>(value));
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

std::string_view sequence(Shade shade) {
  switch (shade) {
    case Shade::Plain: return "";
    case Shade::Dim: return "\x1b[2m";
    case Shade::Bold: return "\x1b[1m";
    case Shade::Red: return "\x1b[31m";
    case Shade::Green: return "\x1b[32m";
    case Shade::Yellow: return "\x1b[33m";
  }
  return "";
}

std::size_t terminal_width() {
  winsize size{};
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= kWidthLeast) return size.ws_col;
  return 80;
}

}  // namespace

Terminal Terminal::detect(bool quiet) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  Terminal t;
  t.input = ::isatty(STDIN_FILENO) == 1;
  t.output = ::isatty(STDOUT_FILENO) == 1;
  t.errors = ::isatty(STDERR_FILENO) == 1;
  t.dumb = term == nullptr || std::strcmp(term, "dumb") == 0 || *term == '\0';
  const bool colour = !t.dumb && (no_colour == nullptr || *no_colour == '\0');
  t.colour_output = t.output && colour;
  t.colour_errors = t.errors && colour;
  t.quiet = quiet;
  t.width = terminal_width();
  return t;
}

void use_utf8_locale() {
  if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

TerminalText shaded(const TerminalText& text, Shade shade, bool colour) {
  if (!colour || shade == Shade::Plain || text.empty()) return text;
  TerminalText out;
  out.bytes_ = std::string(sequence(shade)) + text.bytes_ + "\x1b[0m";
  return out;
}

TerminalText clear_line() {
  TerminalText out;
  out.bytes_ = "\r\x1b[K";
  return out;
}

std::string terminal_safe(std::string_view utf8) {
  const std::string valid = to_valid_utf8(utf8);
  std::string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const CodePoint c = first_code_point(rest);
    if (!is_control(c.value) || c.value == '\n' || c.value == '\t') out += rest.substr(0, c.bytes);
    rest.remove_prefix(std::min(c.bytes, rest.size()));
  }
  return out;
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) {
    const CodePoint c = first_code_point(utf8);
    width += width_of(c.value);
    utf8.remove_prefix(std::min(c.bytes, utf8.size()));
  }
  return width;
}

std::string fit_width(std::string_view utf8, std::size_t columns) {
  if (display_width(utf8) <= columns) return std::string(utf8);
  if (columns == 0) return {};
  std::string out;
  for (std::size_t width = 0; !utf8.empty();) {
    const CodePoint c = first_code_point(utf8);
    width += width_of(c.value);
    if (width > columns - 1) break;
    out += utf8.substr(0, c.bytes);
    utf8.remove_prefix(std::min(c.bytes, utf8.size()));
  }
  return out + "…";
}

namespace {

void write_bytes(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) std::_Exit(0);
    if (count < 0) {
      print_error(os_error(errno, "cannot write to standard output"));
      std::_Exit(1);
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

void write_output(std::string_view text) {
  static const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  if (is_terminal) return show_output(text);
  write_bytes(text);
}

void show_output(const TerminalText& text) { write_bytes(text.bytes()); }

// Nobody can be told that standard error is closed.
void write_errors(const TerminalText& text) { static_cast<void>(write_all(STDERR_FILENO, text.bytes())); }

TerminalText error_text(const Error& error, bool colour) {
  TerminalText text = shaded("zo:", Shade::Red, colour) + " " + error.message + "\n";
  if (!error.advice.empty()) text += shaded("try:", Shade::Bold, colour) + " " + error.advice + "\n";
  return text;
}

void print_error(const Error& error) {
  write_errors(error_text(error, Terminal::detect(false).colour_errors));
}

void print_note(const Terminal& terminal, std::string_view text) {
  if (terminal.quiet) return;
  write_errors(shaded(text, Shade::Dim, terminal.colour_errors) + "\n");
}

bool confirm(const Terminal& terminal, std::string_view question, bool otherwise) {
  if (!terminal.input || !terminal.errors) return otherwise;
  write_errors(std::string(question) + " [Y/n] ");
  std::array<char, kAnswerBytes> answer{};
  const ssize_t count = ::read(STDIN_FILENO, answer.data(), answer.size());
  if (count <= 0) return false;
  const std::string typed = to_lower(trim({answer.data(), static_cast<std::size_t>(count)}));
  return typed.empty() || typed == "y" || typed == "yes";
}

}  // namespace zo
