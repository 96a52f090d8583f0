// The events of one run while it works: numbered, rising, never repeated. What changes something is durable: its number is
// reserved, the change is committed with it, and only then readers see it; everything after it waits until it is settled, so that
// readers always see rising numbers. Deltas of text and progress live only here, in a bounded ring; a reader that comes too late for them is told
// where the gap ends and gets the whole text instead (partial()). Live events that come while a commit is awaited for so long that the
// ring is full are lost to all; the durable event that ends their message or call holds what they said. Readers have cursors and never slow the writer.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/condition.h"
#include "base/id.h"
#include "base/limits.h"

namespace zo {

struct FeedEvent {
  std::int64_t number = 0;
  std::string kind;
  std::string data;  // a JSON object as text, without its number
  bool durable = false;
};
using FeedEventPtr = std::shared_ptr<const FeedEvent>;

// The assistant message that is being written now: what live events from…to add up to.
struct FeedPartial {
  int step = 0;
  std::string text;
  std::string reasoning;
  std::int64_t from = 0;  // 0: nothing is being written
  std::int64_t to = 0;
};

class Feed {
 public:
  enum class Part { Text, Reasoning, Other };

  // Numbers begin after `last_number`.
  Feed(const Executor& executor, std::int64_t last_number) : last_(last_number), held_after_(last_number), changed_(executor) {}

  // A live event.
  void publish(std::string kind, std::string data);
  // A live event of the message being written; `text` is added to the partial message.
  void write(int step, Part part, std::string_view text, std::string kind, std::string data);

  // A durable event: reserve() before the commit, settle() after it, or drop() when it failed.
  std::int64_t reserve();
  void settle(std::int64_t number, std::string kind, std::string data);
  void drop(std::int64_t number);
  // The message is complete, or was given up: the next write() begins another.
  void end_partial() { partial_ = {}; }
  const FeedPartial& partial() const { return partial_; }

  // No more events. Readers drain and then end.
  void close();
  bool closed() const { return closed_; }
  std::int64_t last_number() const { return last_; }

  // For readers. after() gives what follows `cursor` as far as it is settled; all of it is held iff cursor >= held_after().
  std::vector<FeedEventPtr> after(std::int64_t cursor, std::size_t bytes_max = limits::kSseBatchBytes) const;
  std::int64_t held_after() const { return held_after_; }
  // Resumes when something was settled or the feed closed since the call.
  Task<void> changed() { return changed_.wait(); }

 private:
  void append(FeedEventPtr event);
  void shrink();

  std::int64_t last_;        // the highest number given out
  std::int64_t held_after_;  // every settled event with a greater number is in the ring
  std::deque<FeedEventPtr> ring_;  // rising numbers; a null data pointer of a reserved one is not there yet
  std::size_t ring_bytes_ = 0;
  std::vector<std::int64_t> reserved_;  // rising; readers stop before the first
  FeedPartial partial_;
  bool closed_ = false;
  Condition changed_;
};

// The feeds of the runs that work now.
class Feeds {
 public:
  explicit Feeds(Executor executor) : executor_(std::move(executor)) {}
  std::shared_ptr<Feed> open(const RunId& run, std::int64_t last_number);
  std::shared_ptr<Feed> find(const RunId& run) const;
  // Closes it and forgets it; who still reads keeps it until drained.
  void close(const RunId& run);
  std::size_t size() const { return feeds_.size(); }

 private:
  Executor executor_;
  std::unordered_map<RunId, std::shared_ptr<Feed>> feeds_;
};

}  // namespace zo
