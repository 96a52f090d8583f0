// What names resolve to: asked once for all who want to know it at the same time, on threads of its own, since the system's resolver may
// take long, and kept for some seconds. Who waits gives up after limits::kResolveMs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/condition.h"
#include "async/threads.h"
#include "base/limits.h"
#include "net/address.h"

namespace zo {

// Blocks; called on another thread. At least one address, or why there is none.
using Resolver = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;

class Lookups {
 public:
  Lookups(Executor executor, Clock& clock, Resolver resolver);

  // Of a canonical name that is no number. Exhausted when limits::kNamesKept are being asked for.
  Task<Result<std::vector<IpAddress>>> addresses(std::string name);

 private:
  using Found = Result<std::vector<IpAddress>>;
  struct Lookup {
    explicit Lookup(const Executor& executor) : ended(executor) {}
    Condition ended;
    std::optional<Found> found;
    std::int64_t found_at = 0;  // steady
  };
  Result<std::shared_ptr<Lookup>> lookup(const std::string& name);
  void begin(const std::string& name, std::shared_ptr<Lookup> lookup);

  Executor executor_;
  Clock& clock_;
  Resolver resolver_;
  std::map<std::string, std::shared_ptr<Lookup>> known_;
  std::unique_ptr<Threads> threads_;  // made for the first lookup
};

}  // namespace zo
