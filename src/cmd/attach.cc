#include "cmd/attach.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "base/shown.h"
#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

std::string cannot(const std::string& file) { return "cannot attach " + name_in_line(file); }

Result<> check_attachment(const std::string& file, std::int64_t bytes_max) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return os_fail(errno, cannot(file));
  if (S_ISDIR(status.st_mode)) return fail(Code::Invalid, cannot(file) + ": it is a folder", "name it in the text, or attach its files");
  if (!S_ISREG(status.st_mode)) return fail(Code::Invalid, cannot(file) + ": it is not a regular file", "cat it into zo ask");
  if (::access(file.c_str(), R_OK) != 0) return os_fail(errno, cannot(file));
  if (const auto size = static_cast<std::uint64_t>(status.st_size); size > static_cast<std::uint64_t>(bytes_max))
    return fail(Code::Exhausted, fmt::format("{}: it has {}, limit {}", cannot(file), human_size(size), human_size(static_cast<std::uint64_t>(bytes_max))),
                or_raise("copy it into the workspace and name it in the text", Limit::UploadSize, bytes_max));
  return {};
}

// Empty: the workspace is another machine's.
Task<Result<std::string>> workspace_here(ApiClient& client) {
  if (!client.is_on_this_machine()) co_return std::string();
  ZO_CO_TRY(const Json computer, co_await client.get("/api/computer"));
  co_return text_at(computer, "workspace");
}

// Empty: it does not lie in the workspace.
std::string place_in(const std::string& workspace, const std::string& file) {
  if (workspace.empty()) return {};
  std::error_code no_root;
  std::error_code no_file;
  const auto root = std::filesystem::canonical(workspace, no_root);
  const auto relative = std::filesystem::canonical(file, no_file).lexically_relative(root);
  const bool inside = !no_root && !no_file && !relative.empty() && *relative.begin() != ".." && relative != ".";
  return inside ? relative.string() : std::string();
}

Task<Result<std::string>> attach(ApiClient& client, std::string workspace, std::string file, std::int64_t bytes_max) {
  if (std::string place = place_in(workspace, file); !place.empty()) co_return place;
  ZO_CO_TRY(std::string bytes, load_file(file, static_cast<std::size_t>(bytes_max)));
  const std::string name = std::filesystem::path(file).filename().string();
  const std::string path = with_query("/api/files/content", {{"path", name}});
  const Result<Json> stored = co_await client.upload(path, std::move(bytes));
  if (!stored) co_return fail(stored.error().code, cannot(file) + ": " + stored.error().message, stored.error().advice);
  co_return std::string(string_at(*stored, "path").value_or(name));
}

// Of the server, where there is a file that could be too large for it.
Task<Result<std::int64_t>> upload_most(ApiClient& client, std::span<const std::string> files) {
  const LimitSpec& spec = spec_of(Limit::UploadSize);
  struct stat status{};
  if (std::ranges::none_of(files, [&](const std::string& file) { return ::stat(file.c_str(), &status) == 0 && status.st_size > spec.least; })) co_return spec.least;
  ZO_CO_TRY(const Json limits, co_await client.get("/api/limits"));
  if (const JsonArray* items = array_at(limits, "items"))
    for (const Json& item : *items)
      if (text_at(item, "name") == spec.name) co_return integer_at(item, "value").value_or(spec.usual);
  co_return spec.usual;
}

}  // namespace

Result<> check_attachments(std::span<const std::string> files, std::int64_t bytes_max) {
  if (files.size() > limits::kInputFiles)
    return fail(Code::Exhausted, fmt::format("{} files are attached, limit {}", files.size(), limits::kInputFiles),
                "put them into one folder of the workspace and name it in the text");
  for (const std::string& file : files) ZO_OK(check_attachment(file, bytes_max));
  return {};
}

Task<Result<JsonArray>> attach_all(ApiClient& client, std::span<const std::string> files) {
  ZO_CO_OK(check_attachments(files));
  JsonArray places;
  if (files.empty()) co_return places;
  ZO_CO_TRY(const std::int64_t bytes_max, co_await upload_most(client, files));
  ZO_CO_OK(check_attachments(files, bytes_max));
  ZO_CO_TRY(const std::string workspace, co_await workspace_here(client));
  for (const std::string& file : files) {
    ZO_CO_TRY(const std::string place, co_await attach(client, workspace, file, bytes_max));
    places.emplace_back(place);
  }
  co_return places;
}

}  // namespace zo
