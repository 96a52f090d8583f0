#include "vault/key_file.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr std::string_view kFirstLine = "zoclone key 1\n";
constexpr std::size_t kFileBytes = 1'024;

}  // namespace

Result<SealKey> load_key_file(const std::string& path) {
  ZO_TRY(const std::string text, load_file(path, kFileBytes));
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 0077) != 0)
    return fail(Code::Denied, fmt::format("others may read the key file {}", path), "chmod 600 " + path);
  const auto bytes = text.starts_with(kFirstLine) ? from_base64(trim(std::string_view(text).substr(kFirstLine.size()))) : std::nullopt;
  if (!bytes || bytes->size() != kKeyBytes) return fail(Code::Corrupt, fmt::format("{} is no key file", path), "put the right one back");
  return SealKey::of(*bytes);
}

Result<> save_key_file(const std::string& path, const SealKey& key) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0) ZO_OK(make_folders(path.substr(0, slash)));
  return save_file(path, fmt::format("{}{}\n", kFirstLine, to_base64(key.bytes())));
}

}  // namespace zo
