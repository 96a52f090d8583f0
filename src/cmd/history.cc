#include "cmd/history.h"

#include <sys/stat.h>

#include <boost/json.hpp>

#include "api/wire/records.h"
#include "base/text.h"
#include "cmd/local.h"
#include "computer/computer.h"

namespace zo {
namespace {

constexpr int kPages = 50;               // of one list, of limits::kPageItems each
constexpr std::int64_t kLockedMs = 5'000;
constexpr std::int64_t kLookMs = 50;

class ServedHistory final : public History {
 public:
  ServedHistory(const Executor& executor, const ServerChoice& choice, const Home& home) : client_(executor, choice, home) {}

  Task<Result<JsonArray>> conversations(std::string search) override { return client_.list("/api/conversations", parameters("search", std::move(search))); }
  Task<Result<JsonArray>> runs(std::string state) override { return client_.list("/api/runs", parameters("state", std::move(state))); }
  Task<Result<Json>> run(std::string id) override { return client_.get("/api/runs/" + percent_encode(id)); }

  Task<Result<>> tell(std::string id, std::int64_t last, EventReader reader) override {
    const EventReader until_last = [&reader, last](const FeedEvent<RunEvent>& event) { return reader(event) && event.number < last; };
    const Result<std::string> told = co_await client_.follow(std::move(id), 0, until_last);
    co_return told ? Result<>{} : std::unexpected(told.error());
  }

 private:
  static std::vector<std::pair<std::string, std::string>> parameters(const char* name, std::string value) {
    return {{name, std::move(value)}, {"limit", std::to_string(limits::kPageItems)}};
  }

  ApiClient client_;
};

// The parts of a computer that is wired and not started.
class StoredHistory final : public History {
 public:
  StoredHistory(Executor executor, const Home& home, std::unique_ptr<LocalHome> local)
      : local_(std::move(local)), world_{std::move(executor), threads_, local_->clock, local_->dice, {}},
        computer_(world_, home, *local_->store, workspaces_) {}

  Task<Result<JsonArray>> conversations(std::string search) override {
    return all_pages<Conversation>([this, search = std::move(search)](std::string after) {
      return computer_.conversations.list(local_->caller.person, search, std::move(after), limits::kPageItems);
    });
  }

  Task<Result<JsonArray>> runs(std::string state) override {
    const std::optional<RunState> wanted = run_state_from_name(state);
    return all_pages<ListedRun>([this, wanted](std::string after) {
      return computer_.conversations.runs(local_->caller.person, std::nullopt, wanted, std::move(after), limits::kPageItems);
    });
  }

  Task<Result<Json>> run(std::string text) override {
    ZO_CO_TRY(const RunId id, RunId::parse(text, "run"));
    ZO_CO_TRY(const Run found, co_await computer_.agents.find(local_->caller.person, id));
    ZO_CO_TRY(const std::vector<LeftFile> left, co_await computer_.agents.left(local_->caller.person, id));
    JsonObject out = to_json(found);
    if (!left.empty()) out["left"] = to_json(left);
    co_return Json(std::move(out));
  }

  Task<Result<>> tell(std::string text, std::int64_t last, EventReader reader) override {
    ZO_CO_TRY(const RunId id, RunId::parse(text, "run"));
    ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await computer_.agents.watch(local_->caller.person, id, 0));
    while (watcher->cursor() < last) {
      ZO_CO_TRY(const std::vector<RunEventPtr> events, co_await watcher->next());
      if (events.empty()) break;
      for (const RunEventPtr& event : events)
        if (!reader(*event)) co_return Result<>{};
    }
    co_return Result<>{};
  }

 private:
  template <class Item>
  static Task<Result<JsonArray>> all_pages(std::function<Task<Result<Page<Item>>>(std::string after)> page_after) {
    JsonArray all;
    std::string after;
    for (int page = 0; page < kPages; ++page) {
      Task<Result<Page<Item>>> reading = page_after(std::move(after));
      ZO_CO_TRY(const Page<Item> found, co_await std::move(reading));
      for (const Item& item : found.items) all.emplace_back(to_json(item));
      after = found.next;
      if (after.empty()) break;
    }
    co_return all;
  }

  std::unique_ptr<LocalHome> local_;
  Threads threads_{"zo-threads", 1};
  World world_;
  Workspaces workspaces_{threads_};
  Computer computer_;
};

// Of a home that never had a server.
class NoHistory final : public History {
 public:
  Task<Result<JsonArray>> conversations(std::string) override { co_return JsonArray{}; }
  Task<Result<JsonArray>> runs(std::string) override { co_return JsonArray{}; }
  Task<Result<Json>> run(std::string id) override { co_return std::unexpected(no_such("run", id)); }
  Task<Result<>> tell(std::string, std::int64_t, EventReader) override { co_return Result<>{}; }
};

}  // namespace

Task<Result<std::unique_ptr<History>>> History::open(ServerChoice choice) {
  ZO_CO_TRY(const Home home, open_home());
  const Executor executor = co_await asio::this_coro::executor;
  RealClock clock;
  const std::int64_t end = clock.steady_ms() + kLockedMs;
  for (;;) {
    if (!choice.url.empty() || ApiClient::home_is_served(home)) co_return std::make_unique<ServedHistory>(executor, choice, home);
    struct stat status{};
    if (::stat(home.database().c_str(), &status) != 0) co_return std::make_unique<NoHistory>();
    Result<std::unique_ptr<LocalHome>> local = co_await open_local_home(home);
    if (local) co_return std::make_unique<StoredHistory>(executor, home, std::move(*local));
    // Another command has it for a moment, or a server that starts.
    if (local.error().code != Code::Conflict || clock.steady_ms() > end) co_return std::unexpected(local.error());
    co_await clock.sleep_for(kLookMs);
  }
}

}  // namespace zo
