#include "embed/composed.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/result.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kPartBytes = 1'024;
constexpr std::size_t kDecomposedMost = 4;  // characters that one becomes, in the canonical decomposition
constexpr utf8proc_option_t kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

std::string_view next_part(std::string_view text) {
  if (text.size() <= kPartBytes) return text;
  const std::string_view most = text.substr(0, kPartBytes);
  if (const std::size_t space = most.rfind(' '); space != std::string_view::npos) return most.substr(0, space + 1);
  const std::string_view whole = whole_code_points(most);
  return whole.empty() ? most : whole;
}

}  // namespace

void take_composed(std::string_view& text, std::vector<char32_t>& out) {
  const std::string_view part = next_part(text);
  text.remove_prefix(part.size());
  if (std::ranges::all_of(part, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    out.assign(part.begin(), part.end());
    return;
  }
  const std::string valid = to_valid_utf8(part);
  std::array<utf8proc_int32_t, kPartBytes * kDecomposedMost> points{};
  const auto room = static_cast<utf8proc_ssize_t>(points.size());
  utf8proc_ssize_t count = utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(valid.data()),
                                              static_cast<utf8proc_ssize_t>(valid.size()), points.data(), room, kForm);
  ZO_CHECK(count >= 0 && count <= room);
  count = utf8proc_normalize_utf32(points.data(), count, kForm);
  out.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char32_t>(points[i]);
}

}  // namespace zo
