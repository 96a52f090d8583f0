#include "net/curl_engine.h"

#include <pthread.h>
#include <signal.h>

#include "net/curl_loop.h"

namespace zo {

CurlEngine::CurlEngine(Executor executor) : loop_(std::make_unique<Loop>(std::move(executor))), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "curl");
}

CurlEngine::~CurlEngine() { stop(); }

void CurlEngine::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  loop_->wake();
  thread_.join();
  loop_.reset();
}

void CurlEngine::start(std::shared_ptr<CurlTransfer> transfer) { command(Order::Start, std::move(transfer)); }
void CurlEngine::resume(std::shared_ptr<CurlTransfer> transfer) { command(Order::Resume, std::move(transfer)); }
void CurlEngine::feed(std::shared_ptr<CurlTransfer> transfer) { command(Order::Feed, std::move(transfer)); }
void CurlEngine::cancel(std::shared_ptr<CurlTransfer> transfer) { command(Order::Cancel, std::move(transfer)); }

void CurlEngine::command(Order order, std::shared_ptr<CurlTransfer> transfer) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    commands_.push_back({order, std::move(transfer)});
    if (commands_.size() > 1) return;  // the thread was woken for the first, and takes all
  }
  loop_->wake();
}

void CurlEngine::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    std::vector<Command> commands;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      commands.swap(commands_);
    }
    for (Command& command : commands) loop_->obey(std::move(command));
    loop_->turn();
    loop_->wait();
  }
  for (Command& command : commands_) loop_->obey(std::move(command));
  loop_->end_all();
}

}  // namespace zo
