#include "model/local_prefix.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <filesystem>

#include "async/offload.h"
#include "base/hash.h"
#include "base/json.h"

namespace zo {
namespace {

constexpr std::string_view kBegin = "prefix-";
constexpr std::size_t kHashShown = 16;
constexpr std::size_t kAnswerBytes = 64 * limits::KiB;

void remove_others(const std::string& folder, const std::string& file) {
  std::error_code failure;
  for (std::filesystem::directory_iterator files(folder, failure); !failure && files != std::filesystem::directory_iterator(); files.increment(failure)) {
    const std::string name = files->path().filename();
    std::error_code ignored;  // one that stays is tried again with the next
    if (name.starts_with(kBegin) && name != file) std::filesystem::remove(files->path(), ignored);
  }
}

}  // namespace

void LocalPrefix::expect(std::string body, std::string key) {
  file_ = std::string(kBegin) + hash_hex(fmt::format("{}\n{}", key, body)).substr(0, kHashShown) + ".bin";
  body_ = std::move(body);
  key_ = std::move(key);
  is_read_ = false;
}

Task<void> LocalPrefix::restore(std::string key) {
  if (key != key_) co_return;
  const auto is_kept = [path = folder_ + "/" + file_] {
    std::error_code failure;
    return std::filesystem::is_regular_file(path, failure);
  };
  if (!co_await offload(threads_, is_kept)) co_return;
  const Result<> restored = co_await slot("restore");
  is_read_ = restored.has_value();
}

Task<Result<>> LocalPrefix::read() {
  ZO_CO_OK(co_await ask("/v1/chat/completions", body_));
  is_read_ = true;
  // Without it the prompt is read again next time, no more.
  if (const Result<> kept = co_await slot("save"); !kept) co_return Result<>{};
  auto clean = [folder = folder_, file = file_] { remove_others(folder, file); };
  co_await offload(threads_, std::move(clean));
  co_return Result<>{};
}

Task<Result<>> LocalPrefix::slot(std::string_view action) {
  co_return co_await ask(fmt::format("/slots/0?action={}", action), to_text(JsonObject{{"filename", file_}}));
}

Task<Result<>> LocalPrefix::ask(std::string target, std::string body) {
  ZO_CO_TRY(HttpAnswer answer, co_await http_.send(runtime_.ask(std::move(body), target)));
  ZO_CO_TRY(const std::string text, co_await answer.rest(kAnswerBytes));
  if (answer.status == 200) co_return Result<>{};
  co_return fail(Code::Unavailable, fmt::format("the model answered {} to {}", answer.status, target));
}

}  // namespace zo
