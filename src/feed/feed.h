// The events of one thing while it works (a run, a job, a service, what a person is told): numbered, rising, never repeated. What
// changes something is durable: its number is reserved, the change is committed with it, and only then readers see it; everything
// after it waits until it is settled, so that readers always see rising numbers. Live events are only here, in a bounded ring; a reader
// that comes too late for them finds the durable ones in the store. Live events that come while a commit is awaited for so long that the
// ring is full are lost to all; the durable event that ends their message or call holds what they said. Readers have cursors and never
// slow the writer.
//
// What an event says is a type of its owner's (`Event`, with `std::size_t bytes_of(const Event&)` beside it); it becomes text at the
// edge, once for all readers.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/condition.h"
#include "base/limits.h"
#include "base/result.h"

namespace zo {

template <class Event>
struct FeedEvent {
  std::int64_t number = 0;
  Event what;
  bool durable = false;

  // As `render(*this)` writes it: made when it is first asked for, the same for all who ask. On the io thread.
  template <class Render>
  const std::string& text(Render render) const {
    if (rendered.empty()) rendered = render(*this);
    return rendered;
  }
  mutable std::string rendered = {};
};

template <class Event>
using FeedEventPtr = std::shared_ptr<const FeedEvent<Event>>;

// What the registry knows of a feed, whatever its events.
class AnyFeed {
 public:
  explicit AnyFeed(const Executor& executor) : changed_(executor) {}
  virtual ~AnyFeed() = default;
  AnyFeed(const AnyFeed&) = delete;
  AnyFeed& operator=(const AnyFeed&) = delete;

  // No more events. Readers drain and then end.
  void close();
  bool closed() const { return closed_; }
  // Resumes when something was settled or the feed closed since the call.
  Task<void> changed() { return changed_.wait(); }

 protected:
  void tell() { changed_.notify_all(); }

 private:
  bool closed_ = false;
  Condition changed_;
};

template <class Event>
class Feed final : public AnyFeed {
 public:
  using Ptr = FeedEventPtr<Event>;

  // Numbers begin after `last_number`.
  Feed(const Executor& executor, std::int64_t last_number) : AnyFeed(executor), last_(last_number), held_after_(last_number) {}

  // A live event. Its number, whether it is held or not.
  std::int64_t publish(Event what) {
    ++last_;
    // While a commit is awaited nothing may leave the ring, so what is worth the least does not enter.
    if (reserved_.empty() || ring_bytes_ <= limits::kFeedRingBytesMost) append({last_, std::move(what), false});
    return last_;
  }

  // A durable event: reserve() before the commit, settle() after it, or drop() when it failed.
  std::int64_t reserve() {
    reserved_.push_back(++last_);
    return last_;
  }
  void settle(std::int64_t number, Event what) {
    std::erase(reserved_, number);
    append({number, std::move(what), true});
  }
  void drop(std::int64_t number) {
    std::erase(reserved_, number);
    tell();
  }

  std::int64_t last_number() const { return last_; }

  // For readers: what follows `cursor` as far as it is settled; all of it is held iff cursor >= held_after().
  std::vector<Ptr> after(std::int64_t cursor, std::size_t bytes_max = limits::kSseBatchBytes) const {
    // What was reserved by a writer that ended is never settled.
    const std::int64_t end = reserved_.empty() || closed() ? INT64_MAX : reserved_.front();
    auto first = std::ranges::upper_bound(ring_, cursor, {}, [](const Ptr& e) { return e->number; });
    std::vector<Ptr> batch;
    std::size_t bytes = 0;
    for (; first != ring_.end() && (*first)->number < end && (batch.empty() || bytes < bytes_max); ++first) {
      bytes += size_of(**first);
      batch.push_back(*first);
    }
    return batch;
  }
  std::int64_t held_after() const { return held_after_; }

 private:
  static std::size_t size_of(const FeedEvent<Event>& event) { return sizeof(event) + bytes_of(event.what); }

  void append(FeedEvent<Event> event) {
    ZO_CHECK(!closed());
    ring_bytes_ += size_of(event);
    // Reserved numbers settle late; everything else arrives at the end.
    auto place = ring_.end();
    while (place != ring_.begin() && (*std::prev(place))->number > event.number) --place;
    ring_.insert(place, std::make_shared<FeedEvent<Event>>(std::move(event)));
    shrink();
    tell();
  }

  void shrink() {
    while (ring_bytes_ > limits::kFeedRingBytes && ring_.size() > 1) {
      // A reserved number lower than this one is still to come: nothing from it on may leave.
      if (!reserved_.empty() && reserved_.front() < ring_.front()->number) return;
      ring_bytes_ -= size_of(*ring_.front());
      held_after_ = ring_.front()->number;
      ring_.pop_front();
    }
  }

  std::int64_t last_;        // the highest number given out
  std::int64_t held_after_;  // every settled event with a greater number is in the ring
  std::deque<Ptr> ring_;     // rising numbers
  std::size_t ring_bytes_ = 0;
  std::vector<std::int64_t> reserved_;  // rising; readers stop before the first
};

// Names a feed, and says what its events are: "run:01K…". Whoever defines a kind of events gives it a prefix of its own.
template <class Event>
struct FeedId {
  std::string name;
};

// The feeds that are written now.
class Feeds {
 public:
  explicit Feeds(Executor executor) : executor_(std::move(executor)) {}

  template <class Event>
  std::shared_ptr<Feed<Event>> open(const FeedId<Event>& id, std::int64_t last_number) {
    auto feed = std::make_shared<Feed<Event>>(executor_, last_number);
    keep(id.name, feed);
    return feed;
  }
  template <class Event>
  std::shared_ptr<Feed<Event>> find(const FeedId<Event>& id) const {
    return std::static_pointer_cast<Feed<Event>>(find_any(id.name));
  }
  // Closes it and forgets it; who still reads keeps it until drained.
  template <class Event>
  void close(const FeedId<Event>& id) {
    close_any(id.name);
  }
  std::size_t size() const { return feeds_.size(); }

 private:
  void keep(const std::string& name, std::shared_ptr<AnyFeed> feed);
  std::shared_ptr<AnyFeed> find_any(const std::string& name) const;
  void close_any(const std::string& name);

  Executor executor_;
  std::unordered_map<std::string, std::shared_ptr<AnyFeed>> feeds_;
};

}  // namespace zo
