#include "cmd/table.h"

#include <fmt/core.h>

#include <ctime>
#include <numeric>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLastLeast = 8;  // columns of the last cell, however narrow the terminal is

// One cell is one line, whatever was in it.
std::string cell_text(const std::string& cell) {
  std::string out = terminal_safe(cell);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return text + std::string(used < width ? width - used : 0, ' ');
}

std::string tab_separated(const Table& table) {
  std::string out;
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i > 0 ? "\t" : "") + cell_text(row[i]);
    out += '\n';
  }
  return out;
}

std::vector<std::size_t> column_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& name : table.header) widths.push_back(display_width(name));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(cell_text(row[i])));
  return widths;
}

constexpr std::size_t kLastWanted = 24;  // columns of the last cell, for which others are spared

// Without columns that a narrow terminal may do without.
Table fitted(Table table, std::size_t width_max) {
  std::vector<std::size_t> widths = column_widths(table);
  const auto without_last = [&widths] { return std::accumulate(widths.begin(), widths.end() - 1, kGap * (widths.size() - 1)); };
  for (; table.spared > 0 && without_last() + std::min(widths.back(), kLastWanted) > width_max; --table.spared) {
    const auto place = static_cast<std::ptrdiff_t>(widths.size()) - 2;
    widths.erase(widths.begin() + place);
    table.header.erase(table.header.begin() + place);
    for (auto& row : table.rows) row.erase(row.begin() + place);
  }
  return table;
}

std::string aligned(const std::vector<std::string>& row, const std::vector<std::size_t>& widths, std::size_t width_max) {
  std::string line;
  std::size_t used = 0;
  for (std::size_t i = 0; i + 1 < row.size(); ++i) {
    line += padded(cell_text(row[i]), widths[i] + kGap);
    used += widths[i] + kGap;
  }
  const std::size_t left = width_max > used + kLastLeast ? width_max - used : kLastLeast;
  line += fit_width(cell_text(row.back()), left);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

TerminalText to_text(const Table& table, const Terminal& terminal, std::string_view when_empty) {
  if (!terminal.output) return tab_separated(table);
  if (table.rows.empty()) return TerminalText(when_empty) + "\n";
  const Table shown = fitted(table, terminal.width);
  const std::vector<std::size_t> widths = column_widths(shown);
  TerminalText out = shaded(aligned(shown.header, widths, terminal.width), Shade::Dim, terminal.colour_output) + "\n";
  for (const auto& row : shown.rows) out += aligned(row, widths, terminal.width) + "\n";
  return out;
}

TerminalText to_text(const std::vector<Fact>& facts, const Terminal& terminal) {
  std::size_t width = 0;
  for (const Fact& fact : facts) width = std::max(width, display_width(fact.name));
  TerminalText out;
  for (const Fact& fact : facts) {
    if (fact.value.empty()) continue;
    const std::string name = terminal.output ? padded(fact.name, width + kGap) : fact.name + "\t";
    out += shaded(name, Shade::Dim, terminal.colour_output) + cell_text(fact.value) + "\n";
  }
  return out;
}

std::string local_time(std::string_view rfc3339) {
  std::tm utc{};
  const std::string text(rfc3339);
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return text;
  const std::time_t at = ::timegm(&utc);
  const std::time_t now = std::time(nullptr);
  std::tm then{};
  std::tm today{};
  ::localtime_r(&at, &then);
  ::localtime_r(&now, &today);
  const std::string clock = fmt::format("{:02}:{:02}", then.tm_hour, then.tm_min);
  if (then.tm_year == today.tm_year && then.tm_yday == today.tm_yday) return clock;
  return fmt::format("{:04}-{:02}-{:02} {}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday, clock);
}

}  // namespace zo
