#include "cmd/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr std::size_t kWidthLeast = 20;
constexpr std::size_t kAnswerBytes = 256;  // of a person, to a question

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The first code point of valid UTF-8.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {((lead & 0x1Fu) << 6) | (byte(1) & 0x3Fu), 2};
  if (lead < 0xF0) return {((lead & 0x0Fu) << 12) | ((byte(1) & 0x3Fu) << 6) | (byte(2) & 0x3Fu), 3};
  return {((lead & 0x07u) << 18) | ((byte(1) & 0x3Fu) << 12) | ((byte(2) & 0x3Fu) << 6) | (byte(3) & 0x3Fu), 4};
}

std::size_t width_of(char32_t value) {
  const int width = ::wcwidth(static_cast<wchar_t>(value));
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

bool is_control(char32_t value) {
  if (value == '\n' || value == '\t') return false;
  return value < 0x20 || (value >= 0x7F && value < 0xA0);
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

std::string shaded(std::string_view text, Shade shade, bool colour) {
  if (!colour || shade == Shade::Plain || text.empty()) return std::string(text);
  return std::string(sequence(shade)) + std::string(text) + "\x1b[0m";
}

std::string terminal_safe(std::string_view utf8) {
  const std::string valid = to_valid_utf8(utf8);
  std::string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const CodePoint c = first_code_point(rest);
    if (!is_control(c.value)) out += rest.substr(0, c.bytes);
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

void write_output(std::string_view text) {
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

// Nobody can be told that standard error is closed.
void write_errors(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

void print_error(const Error& error) {
  const bool colour = Terminal::detect(false).colour_errors;
  std::string text = shaded("zo:", Shade::Red, colour) + " " + terminal_safe(error.message) + "\n";
  if (!error.advice.empty()) text += shaded("try:", Shade::Bold, colour) + " " + terminal_safe(error.advice) + "\n";
  write_errors(text);
}

void print_note(const Terminal& terminal, std::string_view text) {
  if (terminal.quiet) return;
  write_errors(shaded(terminal_safe(text), Shade::Dim, terminal.colour_errors) + "\n");
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
