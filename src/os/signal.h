// What the operating system may do to this process: ask it to end, and see or dump its memory.
#pragma once

#include <boost/asio/signal_set.hpp>

#include "async/task.h"
#include "base/result.h"

namespace zo {

// SIGINT and SIGTERM no longer end the process; they are something to await.
class EndSignals {
 public:
  explicit EndSignals(const Executor& executor);
  // The number of the signal that came.
  Task<int> next();

 private:
  asio::signal_set signals_;
};

// At the start of main: a closed pipe is an error of write() and no signal, nobody but root may look into our memory, and no
// core file is written, since both would show keys.
Result<> harden_process();

}  // namespace zo
