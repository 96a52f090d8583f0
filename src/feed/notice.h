// What changed, for whoever shows it to a person: that it did, not what it says. Who hears it looks at the thing as it stands, so that
// ten changes of one thing are one look, and a notice that came late says nothing old. Notices live here only, in a bounded ring for each
// person; who comes back too late for them is told that everything may have changed.
#pragma once

#include <optional>
#include <set>

#include "async/clock.h"
#include "base/id.h"
#include "feed/feed.h"

namespace zo {

struct Notice {
  enum class What { Everything, Conversation, Run, Models, Approval, Job, Automation };
  What what = What::Everything;
  std::string id;  // of the conversation, the run, the approval, the job, the automation
  auto operator<=>(const Notice&) const = default;
};
inline std::size_t bytes_of(const Notice& notice) { return notice.id.size(); }

// One reader of a person's notices.
class NoticeReader {
 public:
  // Without a cursor everything may have changed.
  NoticeReader(std::shared_ptr<Feed<Notice>> feed, std::optional<std::int64_t> cursor) : feed_(std::move(feed)), cursor_(cursor) {}

  struct Heard {
    std::int64_t number = 0;
    Notice notice;
    bool operator==(const Heard&) const = default;
  };
  // What changed since the last call, each thing once, by rising numbers; empty when no more comes. Throws when cancelled.
  Task<std::vector<Heard>> next();

 private:
  std::shared_ptr<Feed<Notice>> feed_;
  std::optional<std::int64_t> cursor_;
};

class Notices {
 public:
  Notices(Feeds& feeds, Clock& clock) : feeds_(feeds), clock_(clock) {}

  void tell(const PersonId& person, Notice notice);
  // Of this machine, which all persons share.
  void tell_all(const Notice& notice);
  // `after`: the number that the reader heard last, in this process or an earlier one.
  NoticeReader listen(const PersonId& person, std::optional<std::int64_t> after);
  // Readers hear what was told so far, and then end; nothing more is told.
  void stop();

 private:
  std::shared_ptr<Feed<Notice>> feed_of(const PersonId& person);

  Feeds& feeds_;
  Clock& clock_;
  std::set<PersonId> persons_;  // who ever listened: for nobody else anything is kept
  bool stopped_ = false;
};

}  // namespace zo
