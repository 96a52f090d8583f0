#include "door/lookups.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "async/deadline.h"

namespace zo {
namespace {

constexpr std::size_t kThreads = 4;  // a name whose server is silent holds one for as long as the system waits

}  // namespace

Lookups::Lookups(Executor executor, Clock& clock, Resolver resolver)
    : executor_(std::move(executor)), clock_(clock), resolver_(std::move(resolver)) {}

Task<Result<std::vector<IpAddress>>> Lookups::addresses(std::string name) {
  ZO_CO_TRY(const std::shared_ptr<Lookup> asked, lookup(name));
  const auto wait = [](std::shared_ptr<Lookup> pending) -> Task<bool> {
    while (!pending->found) co_await pending->ended.wait();
    co_return true;
  };
  if (!asked->found) {
    Task<bool> waiting = wait(asked);
    auto limited = within(clock_, limits::kResolveMs, std::move(waiting));
    co_await std::move(limited);
  }
  if (asked->found) co_return *asked->found;
  co_return fail(Code::Timeout, fmt::format("cannot reach {}: its name did not resolve within {} s", name, limits::kResolveMs / 1'000),
                 "check the address and the network");
}

Result<std::shared_ptr<Lookups::Lookup>> Lookups::lookup(const std::string& name) {
  const auto stale = [this](const auto& entry) {
    const Lookup& known = *entry.second;
    return known.found && (!*known.found || clock_.steady_ms() - known.found_at >= limits::kNameKeptMs);
  };
  if (const auto known = known_.find(name); known != known_.end() && !stale(*known)) return known->second;
  if (known_.size() >= limits::kNamesKept) std::erase_if(known_, stale);
  if (known_.size() >= limits::kNamesKept) std::erase_if(known_, [](const auto& entry) { return entry.second->found.has_value(); });
  if (known_.size() >= limits::kNamesKept)
    return fail(Code::Exhausted, fmt::format("{} names are being looked up, the limit", limits::kNamesKept), "try again in some seconds");
  auto fresh = std::make_shared<Lookup>(executor_);
  known_[name] = fresh;
  begin(name, fresh);
  return fresh;
}

void Lookups::begin(const std::string& name, std::shared_ptr<Lookup> lookup) {
  if (!threads_) threads_ = std::make_unique<Threads>("zo-names", kThreads);
  auto work = [name, resolver = resolver_, executor = executor_, guard = asio::make_work_guard(executor_), &clock = clock_, lookup]() mutable {
    Found found = resolver(name);
    asio::post(executor, [lookup = std::move(lookup), found = std::move(found), &clock]() mutable {
      lookup->found = std::move(found);
      lookup->found_at = clock.steady_ms();
      lookup->ended.notify_all();
    });
  };
  threads_->post(std::move(work));
}

}  // namespace zo
