// libcurl's multi interface on a thread of its own, and the messages between that thread and the io thread. Nothing is shared
// but what is marked: the io thread sends commands, the curl thread sends news, all news of one turn in one batch.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "async/condition.h"
#include "net/http_client.h"

namespace zo {

// One request and its answer. Both threads hold it, so neither can outlive it.
struct CurlTransfer {
  CurlTransfer(const Executor& executor, HttpAsk a) : ask(std::move(a)), changed(executor) {}

  // Fixed before the start.
  const HttpAsk ask;
  std::string peer;            // "api.openai.com:443", for messages
  std::string url;             // of the ask, with the canonical host
  std::optional<Passage> passage;  // nothing: a unix socket, or the command line's own
  std::string proxy;           // empty: dialled directly, whatever the environment says
  std::optional<MailAsk> mail;  // in place of the ask, whose body is then the message and whose limits hold

  // The io thread's.
  Condition changed;
  int status = 0;              // 0 until the head is there
  std::vector<Header> headers;
  std::string arrived;         // bytes not yet given to the reader
  bool ended = false;
  std::optional<Error> error;  // of an end that was not good
  std::uint64_t received_bytes = 0;

  // Both threads'.
  std::atomic<std::size_t> bytes_waiting = 0;  // on their way to the reader
  std::atomic<bool> paused = false;            // the curl thread waits for `resume`
};

// A reader that holds this much makes the transfer pause, and half of it makes it go on.
inline constexpr std::size_t kAnswerBytesWaiting = limits::kPipeChunks * 16 * limits::KiB;

class CurlEngine {
 public:
  explicit CurlEngine(Executor executor);
  // Ends every transfer (their readers see Cancelled) and the thread.
  ~CurlEngine();
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;

  // From the io thread; all return at once.
  void start(std::shared_ptr<CurlTransfer> transfer);
  void resume(std::shared_ptr<CurlTransfer> transfer);
  void feed(std::shared_ptr<CurlTransfer> transfer);  // there is more of its upload
  void cancel(std::shared_ptr<CurlTransfer> transfer);
  // As the destructor, for an engine that answers still hold; later commands do nothing.
  void stop();

 private:
  class Loop;
  enum class Order { Start, Resume, Feed, Cancel };
  struct Command {
    Order order;
    std::shared_ptr<CurlTransfer> transfer;
  };
  void command(Order order, std::shared_ptr<CurlTransfer> transfer);
  void run();

  std::mutex mutex_;
  std::vector<Command> commands_;  // at most one of each for each transfer
  bool stopping_ = false;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace zo
