// What writes that came with a key of their own were answered, so that a write that is sent again happens once. Each is kept for a day.
#pragma once

#include <optional>
#include <string>

#include "async/clock.h"
#include "base/id.h"
#include "store/store.h"

namespace zo {

// One write of a person. The fingerprint tells another write with the same key from the same write sent again.
struct KeyedWrite {
  PersonId person;
  std::string key;
  std::string fingerprint;
};

struct KeptAnswer {
  int status = 0;  // 0: none is kept, and whoever has the key answers anew
  std::string body;
};

class Answers {
 public:
  Answers(Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // What the first one was answered; nothing when there was none. Conflict when the key belongs to another write.
  Task<Result<std::optional<KeptAnswer>>> find(KeyedWrite write);
  // The key is the write's from now on. True: nobody had it before. Conflict when it belongs to another write.
  Task<Result<bool>> claim(KeyedWrite write, KeptAnswer answer = {});
  // The key of a refused write, of which no answer is kept, is free for the mended one. That it could not be freed is logged.
  Task<void> release(KeyedWrite write);

 private:
  std::optional<TimeMs> purge_before();

  Store& store_;
  Clock& clock_;
  TimeMs purged_at_ = 0;
};

}  // namespace zo
