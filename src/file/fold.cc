#include "file/fold.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace zo {
namespace {

constexpr std::size_t kPartsMost = 18;  // that one character is made of, by Unicode

// Belongs to the character before it.
bool is_mark(std::int32_t unit) {
  const utf8proc_category_t category = unit < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(unit);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

// The next character of `text`, in the parts that it is made of; returns its bytes. A byte that is no UTF-8 is itself, as a number below 0.
std::size_t next_parts(std::string_view text, std::vector<std::int32_t>& parts) {
  utf8proc_int32_t point = 0;
  const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &point);
  parts.clear();
  if (length <= 0) {
    parts.push_back(-1 - static_cast<std::int32_t>(static_cast<unsigned char>(text.front())));
    return 1;
  }
  std::array<utf8proc_int32_t, kPartsMost> found{};
  const utf8proc_ssize_t count = utf8proc_decompose_char(point, found.data(), kPartsMost, static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE), nullptr);
  parts.assign(found.begin(), found.begin() + std::max<utf8proc_ssize_t>(count, 0));
  return static_cast<std::size_t>(length);
}

// A text as it is compared, and where each part of it stands in the bytes.
struct Folded {
  std::vector<std::int32_t> units;
  std::vector<std::size_t> begin;  // of each unit, and one more: the end
  std::vector<std::size_t> end;

  std::size_t size() const { return units.size(); }
  void add(std::int32_t unit, std::size_t from, std::size_t to) {
    units.push_back(unit);
    begin.push_back(from);
    end.push_back(to);
  }
  // A part of a character is no place to begin or to end.
  bool is_between(std::size_t at) const { return at == 0 || at == size() || (begin[at] != begin[at - 1] && !is_mark(units[at])); }
  bool ends_with_space = false;  // it did, and they are left out
};

// Pairs of what is written and what is meant by it.
constexpr std::array<std::pair<std::int32_t, std::int32_t>, 30> kMeant = {{
    {0x2018, '\''}, {0x2019, '\''}, {0x201A, '\''}, {0x201B, '\''}, {0x2032, '\''}, {0x201C, '"'}, {0x201D, '"'}, {0x201E, '"'},  {0x201F, '"'}, {0x2033, '"'},
    {0x2010, '-'},  {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'},  {0x2014, '-'},  {0x2015, '-'}, {0x2212, '-'}, {0x00A0, ' '},  {0x2002, ' '}, {0x2003, ' '},
    {0x2004, ' '},  {0x2005, ' '},  {0x2006, ' '},  {0x2007, ' '},  {0x2008, ' '},  {0x2009, ' '}, {0x200A, ' '}, {0x202F, ' '},  {0x205F, ' '}, {0x3000, ' '},
}};
constexpr std::array<std::int32_t, 4> kUnseen = {0xFEFF, 0x200B, 0x2060, 0x00AD};

std::int32_t meant_by(std::int32_t unit) {
  const auto* const found = std::ranges::find(kMeant, unit, [](const auto& pair) { return pair.first; });
  return found != kMeant.end() ? found->second : unit;
}

// Leaves out the spaces that it ends with, and returns where they began; `from` where there are none.
std::size_t drop_spaces(Folded& folded, std::size_t from) {
  while (!folded.units.empty() && (folded.units.back() == ' ' || folded.units.back() == '\t')) {
    from = folded.begin.back();
    folded.units.pop_back();
    folded.begin.pop_back();
    folded.end.pop_back();
  }
  return from;
}

Folded fold(std::string_view text) {
  Folded folded;
  std::vector<std::int32_t> parts;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\r' || text[at] == '\n') {
      const std::size_t to = at + (text.substr(at).starts_with("\r\n") ? 2 : 1);
      folded.add('\n', drop_spaces(folded, at), to);  // spaces before the end of a line belong to that end
      at = to;
      continue;
    }
    const std::size_t to = at + next_parts(text.substr(at), parts);
    const bool is_seen = parts.size() != 1 || std::ranges::find(kUnseen, parts.front()) == kUnseen.end();
    for (const std::int32_t part : parts)
      if (is_seen) folded.add(meant_by(part), at, to);
    at = to;
  }
  // So do those at the end of the text.
  folded.ends_with_space = drop_spaces(folded, text.size()) != text.size();
  return folded;
}

bool ends_with_crlf(std::string_view text) {
  std::size_t both = 0;
  std::size_t alone = 0;
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) ++(at > 0 && text[at - 1] == '\r' ? both : alone);
  return both > alone;
}

std::string with_line_ends_of(std::string_view text, std::string_view added) {
  const bool crlf = ends_with_crlf(text);
  std::string out;
  for (std::size_t at = 0; at < added.size(); ++at) {
    if (added[at] == '\r' && at + 1 < added.size() && added[at + 1] == '\n') continue;
    if (added[at] == '\n' && crlf) out += '\r';
    out += added[at];
  }
  return out;
}

// What stands where in the text is replaced.
struct Place {
  std::size_t from;
  std::size_t to;
  std::string by;
};

Replacement with_places(std::string_view text, const std::vector<Place>& places, bool all) {
  Replacement out{.text = {}, .places = places.size()};
  if (places.empty() || (places.size() > 1 && !all)) return {std::string(text), places.size()};
  std::size_t at = 0;
  for (const Place& place : places) {
    out.text.append(text.substr(at, place.from - at)).append(place.by);
    at = place.to;
  }
  out.text.append(text.substr(at));
  return out;
}

std::vector<Place> exact_places(std::string_view text, std::string_view from, const std::string& to) {
  std::vector<Place> places;
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + from.size())) places.push_back({at, at + from.size(), to});
  return places;
}

std::vector<Place> folded_places(std::string_view text, std::string_view from, std::string_view to) {
  const Folded all = fold(text);
  const Folded wanted = fold(from);
  const Folded added = fold(to);
  if (wanted.size() == 0) return {};
  std::size_t same_head = 0;
  const std::size_t shorter = std::min(wanted.size(), added.size());
  while (same_head < shorter && wanted.units[same_head] == added.units[same_head]) ++same_head;
  std::vector<Place> places;
  for (auto found = all.units.begin();; ++found) {
    found = std::search(found, all.units.end(), wanted.units.begin(), wanted.units.end());
    if (found == all.units.end()) return places;
    const auto at = static_cast<std::size_t>(found - all.units.begin());
    const std::size_t end = at + wanted.size();
    // Spaces at the end of what is looked for were those at the end of a line.
    const bool ends_line = end == all.size() || all.units[end] == '\n';
    if (!all.is_between(at) || !all.is_between(end) || (wanted.ends_with_space && !ends_line)) continue;
    // What both have in common, at the beginning and at the end, stays as it is; whole characters of it.
    std::size_t head = same_head;
    while (head > 0 && !(wanted.is_between(head) && added.is_between(head) && all.is_between(at + head))) --head;
    std::size_t tail = 0;
    while (tail < shorter - head && wanted.units[wanted.size() - 1 - tail] == added.units[added.size() - 1 - tail]) ++tail;
    while (tail > 0 && !(wanted.is_between(wanted.size() - tail) && added.is_between(added.size() - tail) && all.is_between(end - tail))) --tail;
    const std::size_t from_byte = head == added.size() ? to.size() : added.begin[head];
    const std::size_t to_byte = tail == 0 ? to.size() : added.begin[added.size() - tail];
    const std::size_t begin = at + head < all.size() ? all.begin[at + head] : text.size();
    const std::size_t until = end - tail > at + head ? all.end[end - tail - 1] : begin;
    places.push_back({begin, until, with_line_ends_of(text, to.substr(from_byte, std::max(to_byte, from_byte) - from_byte))});
    found += static_cast<std::ptrdiff_t>(wanted.size()) - 1;
  }
}

}  // namespace

bool is_same_name(std::string_view a, std::string_view b) {
  const auto units = [](std::string_view text) {
    std::vector<std::int32_t> out;
    std::vector<std::int32_t> parts;
    while (!text.empty()) {
      text.remove_prefix(next_parts(text, parts));
      out.insert(out.end(), parts.begin(), parts.end());
    }
    return out;
  };
  return a == b || units(a) == units(b);
}

Replacement replaced(std::string_view text, std::string_view from, std::string_view to, bool all) {
  const std::vector<Place> exact = exact_places(text, from, with_line_ends_of(text, to));
  return with_places(text, exact.empty() ? folded_places(text, from, to) : exact, all);
}

}  // namespace zo
