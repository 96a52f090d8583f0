#include "feed/feed.h"

#include <algorithm>

#include "base/result.h"

namespace zo {
namespace {

std::size_t bytes_of(const FeedEvent& event) { return sizeof(FeedEvent) + event.kind.size() + event.data.size(); }

}  // namespace

void Feed::publish(std::string kind, std::string data) {
  ++last_;
  // While a commit is awaited nothing may leave the ring, so what is worth the least does not enter: the durable event that ends a
  // message or a call holds all of it.
  if (!reserved_.empty() && ring_bytes_ > limits::kFeedRingBytesMost) return;
  append(std::make_shared<FeedEvent>(last_, std::move(kind), std::move(data), false));
}

void Feed::write(int step, Part part, std::string_view text, std::string kind, std::string data) {
  publish(std::move(kind), std::move(data));
  if (partial_.from == 0) partial_ = {step, "", "", last_, last_};
  partial_.to = last_;
  if (part == Part::Text) partial_.text += text;
  if (part == Part::Reasoning) partial_.reasoning += text;
}

std::int64_t Feed::reserve() {
  reserved_.push_back(++last_);
  return last_;
}

void Feed::settle(std::int64_t number, std::string kind, std::string data) {
  std::erase(reserved_, number);
  append(std::make_shared<FeedEvent>(number, std::move(kind), std::move(data), true));
}

void Feed::drop(std::int64_t number) {
  std::erase(reserved_, number);
  changed_.notify_all();
}

void Feed::append(FeedEventPtr event) {
  ZO_CHECK(!closed_);
  ring_bytes_ += bytes_of(*event);
  // Reserved numbers settle late; everything else arrives at the end.
  auto place = ring_.end();
  while (place != ring_.begin() && (*std::prev(place))->number > event->number) --place;
  ring_.insert(place, std::move(event));
  shrink();
  changed_.notify_all();
}

void Feed::shrink() {
  while (ring_bytes_ > limits::kFeedRingBytes && ring_.size() > 1) {
    // A reserved number lower than this one is still to come: nothing from it on may leave.
    if (!reserved_.empty() && reserved_.front() < ring_.front()->number) return;
    ring_bytes_ -= bytes_of(*ring_.front());
    held_after_ = ring_.front()->number;
    ring_.pop_front();
  }
}

void Feed::close() {
  closed_ = true;
  reserved_.clear();
  changed_.notify_all();
}

std::vector<FeedEventPtr> Feed::after(std::int64_t cursor, std::size_t bytes_max) const {
  const std::int64_t end = reserved_.empty() ? INT64_MAX : reserved_.front();
  auto first = std::ranges::upper_bound(ring_, cursor, {}, [](const FeedEventPtr& e) { return e->number; });
  std::vector<FeedEventPtr> batch;
  std::size_t bytes = 0;
  for (; first != ring_.end() && (*first)->number < end && (batch.empty() || bytes < bytes_max); ++first) {
    bytes += bytes_of(**first);
    batch.push_back(*first);
  }
  return batch;
}

std::shared_ptr<Feed> Feeds::open(const RunId& run, std::int64_t last_number) {
  auto feed = std::make_shared<Feed>(executor_, last_number);
  feeds_[run] = feed;
  return feed;
}

std::shared_ptr<Feed> Feeds::find(const RunId& run) const {
  const auto found = feeds_.find(run);
  return found == feeds_.end() ? nullptr : found->second;
}

void Feeds::close(const RunId& run) {
  const auto found = feeds_.find(run);
  if (found == feeds_.end()) return;
  found->second->close();
  feeds_.erase(found);
}

}  // namespace zo
