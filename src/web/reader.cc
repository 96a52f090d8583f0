#include "web/reader.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <filesystem>

#include "async/offload.h"
#include "base/embed.h"
#include "base/json.h"
#include "base/text.h"
#include "os/file.h"
#include "tool/plain.h"

ZO_EMBEDDED(readable_bytes)
ZO_EMBEDDED(readable_html)
ZO_EMBEDDED(readable)

namespace zo {
namespace {

constexpr std::uint64_t kFolderBytes = 16 * limits::MiB;
constexpr int kRefused = 3;  // the exit code with which it says why

// One program in three files.
std::string program() {
  std::string text(ZO_EMBEDDED_VIEW(readable_bytes));
  return text.append(ZO_EMBEDDED_VIEW(readable_html)).append(ZO_EMBEDDED_VIEW(readable));
}

std::string input_of(WebPage& page, const Reading& reading) {
  JsonArray notes;
  for (const std::string& note : page.notes) notes.emplace_back(note);
  const JsonObject ask{{"url", page.url}, {"type", page.type}, {"encoding", page.encoding}, {"format", reading.format}, {"chars_max", reading.chars_max},
                       {"chars_most", limits::kFetchCharsMost}, {"bytes_max", reading.bytes_max}, {"body_max", limits::kFetchBytes},
                       {"ratio_max", limits::kFetchRatio}, {"notes", std::move(notes)}};
  return to_text(ask) + "\n" + std::move(page.body);
}

Result<Workspace> open_empty(const std::string& folder) {
  ZO_OK(make_folders(folder));
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) std::filesystem::remove_all(entry.path(), ignored);
  return Workspace::open(folder);
}

std::unexpected<Error> unread(const SandboxOutcome& outcome) {
  if (outcome.end == SandboxEnd::Exited && outcome.exit_code == kRefused) return fail(Code::Invalid, plain_text(outcome.output));
  if (outcome.end == SandboxEnd::TimedOut) return fail(Code::Exhausted, fmt::format("the page could not be read within {} s", limits::kReadableMs / 1'000));
  if (outcome.out_of_memory || outcome.end == SandboxEnd::OverMemory || outcome.end == SandboxEnd::Signalled)
    return fail(Code::Exhausted, fmt::format("the page could not be read within {} of memory", human_size(limits::kReadableMemory)));
  if (outcome.end == SandboxEnd::OutputCut) return fail(Code::Exhausted, "the page has more text than can be read");
  return fail(Code::Unavailable, "the page could not be read: " + one_line(plain_text(outcome.output), 300), "apt-get install python3 python3-lxml");
}

}  // namespace

Task<Result<>> PageReader::prepare() {
  if (empty_ && readings_ > 0) co_return Result<>{};
  auto open = [folder = folder_] { return open_empty(folder); };
  Result<Workspace> opened = co_await offload(threads_, std::move(open));
  if (!opened) co_return std::unexpected(opened.error());
  // Another may have begun meanwhile, and borrows what it found.
  if (!empty_ || readings_ == 0) empty_.emplace(std::move(*opened));
  co_return Result<>{};
}

Task<Result<std::string>> PageReader::read(WebPage page, Reading reading) {
  ZO_CO_OK(co_await prepare());
  // The system's own interpreter: it has the system's libraries.
  SandboxCommand command{.argv = {"/usr/bin/python3", "-I", "-c", program()}};
  command.workspace = &*empty_;
  command.time_ms = limits::kReadableMs;
  command.memory_bytes = limits::kReadableMemory;
  command.disk = {.bytes_max = kFolderBytes, .since = clock_.now(), .free_bytes = empty_->free_bytes()};
  command.input = input_of(page, reading);
  struct Counted {
    int& count;
    explicit Counted(int& c) : count(c) { ++count; }
    ~Counted() { --count; }
  };
  const Counted counted(readings_);
  const Result<SandboxOutcome> outcome = co_await sandbox_.run(std::move(command), {});
  if (!outcome) co_return std::unexpected(outcome.error());
  if (outcome->end != SandboxEnd::Exited || outcome->exit_code != 0) co_return unread(*outcome);
  co_return plain_text(outcome->output);
}

}  // namespace zo
