// Paths that a model or a person wrote: what is accepted is relative, has no "..", no empty part and no zero byte, and reads the
// same when it is given once more. Links zo_file.
#include "base/text.h"
#include "file/beneath.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  const zo::Result<std::string> inside = zo::path_inside(path, "/root/zo");
  if (!inside) {
    ZO_CHECK(zo::is_valid_utf8(inside.error().message));
    return 0;
  }
  if (*inside == ".") return 0;
  for (const std::string_view part : zo::split(*inside, '/'))
    ZO_CHECK(!part.empty() && part != "." && part != ".." && part.find('\0') == std::string_view::npos);
  if (!inside->starts_with('~')) ZO_CHECK(zo::path_inside(*inside, "/root/zo") == *inside);
  return 0;
}
