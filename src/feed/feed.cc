#include "feed/feed.h"

namespace zo {

void AnyFeed::close() {
  closed_ = true;
  changed_.notify_all();
}

void Feeds::keep(const std::string& name, std::shared_ptr<AnyFeed> feed) { feeds_[name] = std::move(feed); }

std::shared_ptr<AnyFeed> Feeds::find_any(const std::string& name) const {
  const auto found = feeds_.find(name);
  return found == feeds_.end() ? nullptr : found->second;
}

void Feeds::close_any(const std::string& name) {
  const auto found = feeds_.find(name);
  if (found == feeds_.end()) return;
  found->second->close();
  feeds_.erase(found);
}

}  // namespace zo
