#include "cmd/egress.h"

#include <fmt/core.h>
#include <unistd.h>

#include "computer/home.h"

namespace zo {
namespace {

constexpr std::size_t kReasonsMost = 100;

void note(std::map<std::string, std::size_t>& refused, const std::string& host, std::uint16_t port, const Error& reason) {
  const std::string text = (host.empty() ? "" : fmt::format("{}:{}: ", host, port)) + reason.message + (reason.advice.empty() ? "" : "; " + reason.advice);
  if (refused.contains(text) || refused.size() < kReasonsMost) ++refused[text];
}

}  // namespace

OwnersWayOut::OwnersWayOut(std::unique_ptr<Store> store, Executor executor)
    : store_(std::move(store)), accounts_(*store_, clock_, dice_), door_(std::move(executor), clock_, dice_, *store_), way_out_(clock_, door_) {}

Task<Result<std::unique_ptr<OwnersWayOut>>> OwnersWayOut::open() {
  ZO_CO_TRY(const Home home, open_home());
  ZO_CO_TRY(std::unique_ptr<Store> store, Store::open({.path = home.database()}));
  co_return std::make_unique<OwnersWayOut>(std::move(store), co_await asio::this_coro::executor);
}

Task<Result<std::optional<SandboxNetwork>>> OwnersWayOut::network(Egress egress, std::map<std::string, std::size_t>& refused) {
  ZO_CO_TRY(const Principal owner, co_await accounts_.at_machine(::geteuid()));
  ZO_CO_TRY(const std::vector<DoorRule> rules, co_await door_.rules(owner.person));
  for (const DoorRule& rule : rules) egress.hosts.push_back({rule.host, rule.port});
  WayOut::Told told;
  told.refused = [&refused](const std::string& host, std::uint16_t port, const Error& reason) { note(refused, host, port, reason); };
  co_return way_out_.network({.person = owner.person, .purpose = Purpose::Sandbox}, std::move(egress), std::move(told));
}

}  // namespace zo
