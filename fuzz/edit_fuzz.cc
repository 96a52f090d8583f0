// Any text, and any edit of it: what is not replaced stays as it is. The three texts are parted by zero bytes. Links zo_tool.
#include <cstdlib>

#include "file/fold.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string_view parts[3];
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : rest.size());
  }
  const auto& [text, from, to] = parts;
  if (from.empty()) return 0;
  const bool all = data[0] % 2 == 1;
  const zo::Replacement made = zo::replaced(text, from, to, all);
  const bool changed = made.places == 1 || (all && made.places > 1);
  if (!changed && made.text != text) std::abort();
  if (text.find(from) != text.npos && made.places == 0) std::abort();
  return 0;
}
