// What happens on the curl thread: easy handles, callbacks, time limits, and the batch of news for the io thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/curl_engine.h"

namespace zo {

class CurlEngine::Loop {
 public:
  explicit Loop(Executor executor);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // From any thread: ends wait().
  void wake() { curl_multi_wakeup(multi_); }

  void obey(Command command);
  // Lets every transfer go on, cuts those that are late, and sends the news.
  void turn();
  // Until a socket is ready, a limit passes or somebody wakes us.
  void wait();
  // Every transfer ends as Cancelled.
  void end_all();

 private:
  // What the reader of one transfer has not been told yet.
  struct News {
    std::shared_ptr<CurlTransfer> transfer;
    int status = 0;
    std::vector<Header> headers;
    std::string bytes;
    bool ended = false;
    std::optional<Error> error;
  };
  enum class Phase { Connect, FirstByte, Stream };
  struct Job {
    Loop& loop;
    std::shared_ptr<CurlTransfer> transfer;
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    std::size_t mailed = 0;  // bytes of the message
    Phase phase = Phase::Connect;
    std::int64_t deadline_ms = 0;
    bool held = false;  // paused, or out of what to send, so silence is our own
    int status = 0;
    bool head_done = false;
    std::size_t head_bytes = 0;
    std::vector<Header> answer_headers;
    curl_slist* resolved = nullptr;  // what the policy has seen of the name
    std::optional<Error> refusal;  // ours, when a callback ended the transfer
    bool other_address = false;    // a connection kept from before leads to an address that was not admitted for this
    bool fresh = false;            // so it began again, with one of its own
    std::uint64_t batch = 0;
    std::size_t place = 0;  // in that batch
    std::array<char, CURL_ERROR_SIZE> curl_says{};
  };

  void begin(std::shared_ptr<CurlTransfer> transfer);
  void set_up(Job& job);
  void set_way(Job& job);
  void set_method_and_body(Job& job);
  void set_mail(Job& job);
  void collect_ended();
  void cut_late();
  void send_news();
  // The job is gone afterwards.
  void end(Job& job, std::optional<Error> error);
  News& news_of(Job& job);
  void enter(Job& job, Phase phase);
  static void deliver(News news);

  static curl_socket_t on_socket(void* job, curlsocktype, curl_sockaddr* address);
  static int on_connected(void* job, char* address, char*, int, int);
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* job);
  static std::size_t on_read_mail(char* to, std::size_t size, std::size_t count, void* job);
  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* job);
  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* job);
  std::size_t take_header(Job& job, std::string_view line);
  std::size_t take_body(Job& job, std::string_view bytes);

  Executor executor_;
  CURLM* multi_;
  const std::string authorities_;  // SSL_CERT_FILE: whom TLS trusts, in place of the system's; empty: those
  std::unordered_map<CurlTransfer*, std::unique_ptr<Job>> jobs_;
  std::deque<std::shared_ptr<CurlTransfer>> waiting_;  // beyond limits::kTransfers
  std::vector<CURL*> spare_;
  std::vector<News> batch_;
  std::uint64_t batch_number_ = 1;
  std::int64_t check_at_ms_;  // no deadline passes before
};

// Why a transfer failed, for a person: names the peer.
Error describe_curl_failure(CURLcode code, CURL* easy, const std::string& peer, std::string_view curl_says);
Error describe_mail_failure(CURLcode code, CURL* easy, const std::string& peer, std::string_view curl_says);

}  // namespace zo
