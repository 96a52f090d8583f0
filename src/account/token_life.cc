#include "account/token_life.h"

#include <algorithm>
#include <utility>

namespace zo {

void TokenLife::end() {
  over_ = true;
  // A use may end, and leave the list, while another is cut.
  const auto uncut = [this] { return std::ranges::find_if(uses_, [](const TokenUse* use) { return use->cut_ != nullptr; }); };
  for (auto next = uncut(); next != uses_.end(); next = uncut()) std::exchange((*next)->cut_, nullptr)();
}

Task<void> TokenLife::unused() {
  while (!uses_.empty()) co_await used_less_.wait();
}

TokenUse::TokenUse(std::shared_ptr<TokenLife> life, std::function<void()> cut) : life_(std::move(life)), cut_(std::move(cut)) {
  if (life_) place_ = life_->uses_.insert(life_->uses_.end(), this);
}

TokenUse::~TokenUse() {
  if (!life_) return;
  life_->uses_.erase(place_);
  life_->used_less_.notify_all();
}

}  // namespace zo
