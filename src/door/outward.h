// What goes out with a secret and may change something there: a row before it goes, and what was answered after. A request that is made again
// while nobody knows whether it came has the key of the first, so that its receiver can tell.
#pragma once

#include <string>

#include "async/clock.h"
#include "base/id.h"
#include "store/store.h"

namespace zo {

struct OutwardRequest {
  PersonId person;
  std::string run;
  std::string host;    // "api.example.org:443"
  std::string method;
  std::string content; // hash of all that makes it this request and no other
};

class Outward {
 public:
  // Both outlive it.
  Outward(Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // The key to send it with: of its run, what it says, and how many like it were answered.
  Task<Result<std::string>> begin(OutwardRequest request);
  // What the receiver said; without it nobody knows whether it came.
  Task<void> answered(PersonId person, std::string key, int status);

 private:
  Store& store_;
  Clock& clock_;
};

}  // namespace zo
