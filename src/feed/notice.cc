#include "feed/notice.h"

namespace zo {
namespace {

constexpr std::size_t kBytesAtOnce = 16 * limits::KiB;  // about a hundred; each is then looked up

FeedId<Notice> id_of(const PersonId& person) { return {"person:" + person.string()}; }

// Of several notices about one thing, the last.
std::vector<NoticeReader::Heard> last_of_each(const std::vector<FeedEventPtr<Notice>>& batch) {
  std::vector<NoticeReader::Heard> heard;
  std::set<Notice> known;
  for (auto event = batch.rbegin(); event != batch.rend(); ++event)
    if (known.insert((*event)->what).second) heard.push_back({(*event)->number, (*event)->what});
  std::ranges::reverse(heard);
  return heard;
}

}  // namespace

Task<std::vector<NoticeReader::Heard>> NoticeReader::next() {
  for (;;) {
    // A number that was never given out here is one of an earlier process.
    if (!cursor_ || *cursor_ < feed_->held_after() || *cursor_ > feed_->last_number()) {
      cursor_ = feed_->last_number();
      co_return std::vector<Heard>{{*cursor_, Notice{}}};
    }
    const std::vector<FeedEventPtr<Notice>> batch = feed_->after(*cursor_, kBytesAtOnce);
    if (!batch.empty()) {
      cursor_ = batch.back()->number;
      co_return last_of_each(batch);
    }
    if (feed_->closed()) co_return std::vector<Heard>{};
    co_await feed_->changed();
  }
}

// Numbers begin at the time, in ms: so they are greater than those of an earlier process, which told less than one notice a ms.
std::shared_ptr<Feed<Notice>> Notices::feed_of(const PersonId& person) {
  if (auto feed = feeds_.find(id_of(person))) return feed;
  persons_.insert(person);
  return feeds_.open(id_of(person), clock_.now());
}

void Notices::tell(const PersonId& person, Notice notice) {
  if (!stopped_ && persons_.contains(person)) feed_of(person)->publish(std::move(notice));
}

void Notices::tell_all(const Notice& notice) {
  for (const PersonId& person : persons_) tell(person, notice);
}

NoticeReader Notices::listen(const PersonId& person, std::optional<std::int64_t> after) {
  const std::shared_ptr<Feed<Notice>> feed = feed_of(person);
  if (stopped_) feed->close();
  return {feed, after};
}

void Notices::stop() {
  stopped_ = true;
  for (const PersonId& person : persons_) feeds_.close(id_of(person));
}

}  // namespace zo
