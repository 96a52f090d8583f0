// HTTP, asked: libcurl multi on a thread of its own behind a coroutine. Every dial passes the one policy (net/dial.h), and goes to the
// addresses that the policy has seen and to no others, whatever the name resolves to by then. Bodies stream with back-pressure (a reader that stops pauses the transfer); cancelling the coroutine that
// waits ends the transfer. The usual proxy variables are honoured, and SSL_CERT_FILE; redirects are not followed. The limits of an ask are in real time,
// whatever clock the rest runs on: they are kept on that thread, as libcurl's own timers are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/clock.h"
#include "async/task.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/dial.h"
#include "net/http_server.h"

namespace zo {

class CurlEngine;
struct CurlTransfer;
class HttpUpload;

// Packed: as the peer sends the body, for whoever unpacks it where that can do no harm, and asks for a coding in a header of its own.
enum class BodyForm { Unpacked, Packed };

struct HttpAsk {
  std::string method = "GET";
  std::string url;
  std::string unix_socket;  // path; the host of `url` is then only a name, and nobody is dialled
  std::vector<Header> headers;
  std::string body;
  std::shared_ptr<HttpUpload> upload;  // in place of `body`: one that comes in pieces (net/http_upload.h); not with HEAD
  Errand errand = {};
  bool is_listed = false;  // as Dial has it
  BodyForm body_form = BodyForm::Unpacked;
  std::int64_t connect_ms = limits::kConnectMs;  // no connection within: Unavailable, since nothing was asked yet
  std::int64_t first_byte_ms = limits::kFirstByteMs;
  std::int64_t idle_ms = limits::kStreamIdleMs;  // no byte for so long: Timeout
};

// One message to a mail server (SMTP, by the same libcurl and through the same door).
struct MailAsk {
  std::string server;  // "smtps://smtp.example.org:465"; "smtp://…:587" turns to TLS before it says anything, but on this machine
  std::string user;    // empty: none is needed
  std::string password;
  std::string from;
  std::string to;
  std::string message;  // RFC 5322, lines with CRLF
  Errand errand = {};
};

// A name or number of this machine alone, as it stands in a URL: "localhost", "127.0.0.5", "[::1]".
bool is_loopback(std::string_view host);

// Who is dialled for an http or https address; the port is never 0. Invalid for any other, and for hosts that canonical_host() refuses.
Result<HostPort> peer_of(std::string_view url);
// Who is dialled for smtp and smtps. Invalid for any other.
Result<HostPort> mail_peer_of(std::string_view server);
// What a reference, such as a Location, means where it was read (RFC 3986, 5.2). Invalid when that is no http or https address.
Result<std::string> resolved_url(const std::string& base, const std::string& reference);

namespace limits {
inline constexpr std::int64_t kMailSilenceMs = 60'000;  // of a mail server, between two words
}

inline constexpr std::int64_t kBodyEndMs = 200;
inline constexpr std::size_t kBodyEndBytes = 64 * limits::KiB;

// The head has arrived; the body is read chunk by chunk. Destroying it ends the transfer.
class HttpAnswer {
 public:
  int status = 0;
  std::vector<Header> headers;

  std::string_view header(std::string_view name) const;
  // The next bytes, in order; an empty string is the good end; an Error names the host and what went wrong.
  Task<Result<std::string>> next();
  // True once next() has nothing to wait for any more.
  bool ended() const;
  // The rest of the body, at most `bytes_max` (Exhausted above).
  Task<Result<std::string>> rest(std::size_t bytes_max = limits::kReplyBytes);
  // When nothing more is wanted: a body that ends within kBodyEndMs and kBodyEndBytes leaves a connection that the next request can use.
  Task<void> let_end(Clock& clock);

  HttpAnswer() = default;  // of nobody, and empty: what Asio needs of a value that a Task returns
  HttpAnswer(HttpAnswer&&) noexcept;
  HttpAnswer& operator=(HttpAnswer&&) noexcept;
  ~HttpAnswer();

 private:
  friend class HttpClient;
  HttpAnswer(std::shared_ptr<CurlTransfer> transfer, std::shared_ptr<CurlEngine> engine);
  Task<void> head();
  void leave();

  std::shared_ptr<CurlTransfer> transfer_;
  std::shared_ptr<CurlEngine> engine_;
};

class HttpClient {
 public:
  // `policy` outlives it. Null: whoever asks has named the address and dials it as it stands, which is for the command line alone.
  HttpClient(Executor executor, DialPolicy* policy);
  // Ends all transfers and the thread; before the io_context is destroyed.
  ~HttpClient();

  // Resumes when the head of the final answer (not 1xx) is there. Errors name the host: "cannot reach api.openai.com:443: …".
  Task<Result<HttpAnswer>> send(HttpAsk ask);
  // Returns when the server has taken it. Invalid: it refuses it, or who sends it; Unavailable and Timeout may pass.
  Task<Result<>> send_mail(MailAsk ask);

 private:
  Executor executor_;
  DialPolicy* policy_;
  std::shared_ptr<CurlEngine> engine_;  // and its thread: made for the first transfer
};

}  // namespace zo
