// Rows for people and for pipes: aligned columns under a header on a terminal, plain lines with tabs elsewhere.
#pragma once

#include <string>
#include <vector>

#include "cmd/terminal.h"

namespace zo {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header
  std::size_t spared = 0;  // columns before the last that a narrow terminal may do without, the rightmost first
};

// On a terminal the last column is cut to the width, once those that may be spared are left out; a table without rows says
// `when_empty`. A pipe gets all of it, and no such word.
TerminalText to_text(const Table& table, const Terminal& terminal, std::string_view when_empty);

// Facts about one thing, a line each: aligned on a terminal, with a tab elsewhere. Empty values are left out.
struct Fact {
  std::string name;
  std::string value;
};
TerminalText to_text(const std::vector<Fact>& facts, const Terminal& terminal);

// A point in time as the API says it (RFC 3339 UTC), in local time for people: "14:03" today, else "2026-11-22 14:03".
std::string local_time(std::string_view rfc3339);

}  // namespace zo
