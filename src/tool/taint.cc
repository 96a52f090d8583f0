#include "tool/taint.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::pair<Seen, std::string_view>, 3> kNames{{{Seen::Web, "web"}, {Seen::Private, "private"}, {Seen::File, "file"}}};

}  // namespace

Taint Taint::from_text(std::string_view text) {
  Taint taint;
  for (std::string_view name : split(text, ',')) {
    name = trim(name);
    if (name.empty()) continue;
    const auto found = std::ranges::find(kNames, name, &std::pair<Seen, std::string_view>::second);
    taint |= found == kNames.end() ? Seen::Web : found->first;
  }
  return taint;
}

std::string Taint::text() const {
  std::string text;
  for (const auto& [seen, name] : kNames)
    if (has(seen)) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

}  // namespace zo
