#include "net/curl_loop.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "async/clock.h"
#include "base/text.h"
#include "net/http_upload.h"

namespace zo {
namespace {

constexpr std::size_t kAnswerHeadBytes = 256 * limits::KiB;
constexpr std::size_t kSpareHandles = 32;
constexpr long kIdleConnections = 128;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongestWaitMs = 60'000;

std::string seconds(std::int64_t duration_ms) { return fmt::format("{:g} s", static_cast<double>(duration_ms) / 1'000); }

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool is_admitted(const CurlTransfer& transfer, const std::optional<IpAddress>& address) {
  if (!transfer.passage || !transfer.proxy.empty()) return true;
  return address && std::ranges::find(transfer.passage->addresses, *address) != transfer.passage->addresses.end();
}

std::uint64_t sent_bytes(const HttpAsk& ask) { return ask.upload ? ask.upload->taken() : ask.body.size(); }

Error too_late(const CurlTransfer& transfer, bool connected, bool answering) {
  const HttpAsk& ask = transfer.ask;
  const std::string& peer = transfer.peer;
  if (!connected) return {Code::Unavailable, "cannot reach " + peer + ": no connection within " + seconds(ask.connect_ms), ""};
  if (!answering) return {Code::Timeout, peer + " did not begin to answer within " + seconds(ask.first_byte_ms), ""};
  return {Code::Timeout, peer + " fell silent for " + seconds(ask.idle_ms) + " in the middle of its answer", ""};
}

}  // namespace

CurlEngine::Loop::Loop(Executor executor) : executor_(std::move(executor)), authorities_(variable("SSL_CERT_FILE")), check_at_ms_(kNever) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
  ZO_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
}

CurlEngine::Loop::~Loop() {
  for (CURL* easy : spare_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void CurlEngine::Loop::obey(Command command) {
  if (command.order == Order::Start) {
    if (jobs_.size() < limits::kTransfers) begin(std::move(command.transfer));
    else waiting_.push_back(std::move(command.transfer));
    return;
  }
  const auto found = jobs_.find(command.transfer.get());
  if (found == jobs_.end()) {
    if (command.order == Order::Cancel) std::erase(waiting_, command.transfer);
  } else if (command.order == Order::Cancel) {
    end(*found->second, Error{Code::Cancelled, "the transfer was cancelled", ""});
  } else {
    Job& job = *found->second;
    job.held = false;
    enter(job, command.order == Order::Feed && !job.head_done ? Phase::FirstByte : Phase::Stream);
    curl_easy_pause(job.easy, CURLPAUSE_CONT);
  }
}

void CurlEngine::Loop::begin(std::shared_ptr<CurlTransfer> transfer) {
  CurlTransfer* const key = transfer.get();
  Job& job = *(jobs_[key] = std::make_unique<Job>(Job{.loop = *this, .transfer = std::move(transfer)}));
  if (spare_.empty()) {
    job.easy = curl_easy_init();
    ZO_CHECK(job.easy != nullptr);
  } else {
    job.easy = spare_.back();
    spare_.pop_back();
  }
  enter(job, Phase::Connect);
  set_up(job);
  curl_multi_add_handle(multi_, job.easy);
}

void CurlEngine::Loop::set_up(Job& job) {
  const HttpAsk& ask = job.transfer->ask;
  CURL* const easy = job.easy;
  curl_easy_setopt(easy, CURLOPT_URL, job.transfer->url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(ask.connect_ms + 60'000));  // ours comes first
  if (ask.body_form == BodyForm::Unpacked) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // whatever this libcurl can unpack
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job.curl_says.data());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &job);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &job);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &job);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &job);
  if (!authorities_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, authorities_.c_str());
  if (!ask.unix_socket.empty()) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ask.unix_socket.c_str());
  set_way(job);
  if (job.transfer->mail) set_mail(job);
  else set_method_and_body(job);
}

// Three locks on one door: libcurl is given the addresses instead of asking for them; a socket to another is not opened; and on a
// connection kept from an earlier transfer, which may lead elsewhere, no request is sent.
void CurlEngine::Loop::set_way(Job& job) {
  const CurlTransfer& transfer = *job.transfer;
  CURL* const easy = job.easy;
  curl_easy_setopt(easy, CURLOPT_PROXY, transfer.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, transfer.proxy.empty() ? "*" : "");
  if (!transfer.passage) return;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &job);
  if (!transfer.proxy.empty() || transfer.passage->host.number) return;
  std::string entry = fmt::format("+{}:{}:", transfer.passage->host.text, transfer.passage->port);
  for (const IpAddress& address : transfer.passage->addresses) entry += (entry.ends_with(':') ? "" : ",") + HostName{address.text(), address}.in_url();
  job.resolved = curl_slist_append(nullptr, entry.c_str());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, job.resolved);
}

void CurlEngine::Loop::set_method_and_body(Job& job) {
  const HttpAsk& ask = job.transfer->ask;
  CURL* const easy = job.easy;
  if (ask.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (ask.upload) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, ask.upload->bytes() ? static_cast<curl_off_t>(*ask.upload->bytes()) : curl_off_t{-1});
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, &job);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask.method.c_str());
    // A kept connection that turns out to be dead would want the body a second time.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  } else if (ask.method != "GET" || !ask.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask.body.c_str());  // not copied: the transfer outlives the handle's use
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask.method.c_str());
  }
  // curl would wait a second for a "100 Continue" and would call the body a form.
  bool has_kind = false;
  for (const Header& header : ask.headers) {
    has_kind = has_kind || equals_ignoring_case(header.name, "content-type");
    const std::string line = header.name + (header.value.empty() ? ";" : ": " + header.value);
    job.headers = curl_slist_append(job.headers, line.c_str());
  }
  job.headers = curl_slist_append(job.headers, "Expect:");
  if (!has_kind) job.headers = curl_slist_append(job.headers, "Content-Type:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job.headers);
}

// What the server says is read by libcurl alone; it ends with the server's word on the message.
void CurlEngine::Loop::set_mail(Job& job) {
  const MailAsk& mail = *job.transfer->mail;
  CURL* const easy = job.easy;
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // A password is said to nobody who cannot be known; what runs on this machine is.
  const auto peer = mail_peer_of(mail.server);
  curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(peer && peer->host.is_loopback() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!mail.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, mail.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, mail.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
  job.headers = curl_slist_append(job.headers, fmt::format("<{}>", mail.to).c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, job.headers);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read_mail);
  curl_easy_setopt(easy, CURLOPT_READDATA, &job);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

void CurlEngine::Loop::turn() {
  int running = 0;
  curl_multi_perform(multi_, &running);
  collect_ended();
  cut_late();
  send_news();
}

void CurlEngine::Loop::collect_ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* data = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
    Job& job = *static_cast<Job*>(static_cast<void*>(data));
    if (std::exchange(job.other_address, false) && !std::exchange(job.fresh, true)) {
      curl_multi_remove_handle(multi_, job.easy);
      curl_easy_setopt(job.easy, CURLOPT_FRESH_CONNECT, 1L);
      curl_multi_add_handle(multi_, job.easy);
      continue;
    }
    std::optional<Error> error = std::move(job.refusal);
    if (code != CURLE_OK && !error)
      error = job.transfer->mail ? describe_mail_failure(code, job.easy, job.transfer->peer, job.curl_says.data())
                                 : describe_curl_failure(code, job.easy, job.transfer->peer, job.curl_says.data());
    end(job, std::move(error));
  }
}

void CurlEngine::Loop::cut_late() {
  const std::int64_t now_ms = RealClock().steady_ms();
  if (now_ms < check_at_ms_) return;
  check_at_ms_ = kNever;
  std::vector<Job*> late;
  for (const auto& [key, job] : jobs_) {
    if (job->held) continue;
    if (job->deadline_ms <= now_ms) late.push_back(job.get());
    else check_at_ms_ = std::min(check_at_ms_, job->deadline_ms);
  }
  for (Job* job : late) end(*job, too_late(*job->transfer, job->phase != Phase::Connect, job->phase == Phase::Stream));
}

void CurlEngine::Loop::end(Job& job, std::optional<Error> error) {
  News& news = news_of(job);
  news.ended = true;
  news.error = std::move(error);
  curl_multi_remove_handle(multi_, job.easy);
  if (spare_.size() < kSpareHandles) {
    curl_easy_reset(job.easy);
    spare_.push_back(job.easy);
  } else {
    curl_easy_cleanup(job.easy);
  }
  curl_slist_free_all(job.headers);
  curl_slist_free_all(job.resolved);
  jobs_.erase(job.transfer.get());
  if (waiting_.empty() || jobs_.size() >= limits::kTransfers) return;
  begin(std::move(waiting_.front()));
  waiting_.pop_front();
}

void CurlEngine::Loop::end_all() {
  const Error error{Code::Cancelled, "the HTTP client has ended", ""};
  for (auto& transfer : std::exchange(waiting_, {}))
    batch_.push_back({.transfer = std::move(transfer), .ended = true, .error = error});
  while (!jobs_.empty()) end(*jobs_.begin()->second, error);
  send_news();
}

void CurlEngine::Loop::wait() {
  const std::int64_t left_ms = check_at_ms_ == kNever ? kLongestWaitMs : check_at_ms_ - RealClock().steady_ms();
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, kLongestWaitMs)), nullptr);
}

void CurlEngine::Loop::enter(Job& job, Phase phase) {
  const HttpAsk& ask = job.transfer->ask;
  const std::int64_t limit_ms =
      phase == Phase::Connect ? ask.connect_ms : phase == Phase::FirstByte ? ask.first_byte_ms : ask.idle_ms;
  job.phase = phase;
  job.deadline_ms = RealClock().steady_ms() + limit_ms;
  check_at_ms_ = std::min(check_at_ms_, job.deadline_ms);
}

CurlEngine::Loop::News& CurlEngine::Loop::news_of(Job& job) {
  if (std::exchange(job.batch, batch_number_) != batch_number_) {
    job.place = batch_.size();
    batch_.push_back({.transfer = job.transfer});
  }
  return batch_[job.place];
}

void CurlEngine::Loop::send_news() {
  if (batch_.empty()) return;
  ++batch_number_;
  asio::post(executor_, [batch = std::exchange(batch_, {})]() mutable {
    for (News& news : batch) deliver(std::move(news));
  });
}

void CurlEngine::Loop::deliver(News news) {
  CurlTransfer& transfer = *news.transfer;
  if (news.status != 0) {
    transfer.status = news.status;
    transfer.headers = std::move(news.headers);
  }
  transfer.received_bytes += news.bytes.size();
  if (transfer.arrived.empty()) transfer.arrived = std::move(news.bytes);
  else transfer.arrived += news.bytes;
  transfer.ended = news.ended;
  if (transfer.ended && transfer.ask.upload) transfer.ask.upload->close();
  transfer.error = std::move(news.error);
  if (transfer.ended && transfer.passage && transfer.passage->ended)
    std::exchange(transfer.passage->ended, nullptr)({sent_bytes(transfer.ask), transfer.received_bytes, transfer.error ? transfer.error->message : ""});
  transfer.changed.notify_all();
}

curl_socket_t CurlEngine::Loop::on_socket(void* data, curlsocktype, curl_sockaddr* address) {
  const Job& job = *static_cast<Job*>(data);
  if (!is_admitted(*job.transfer, IpAddress::of(address->addr))) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int CurlEngine::Loop::on_connected(void* data, char* address, char*, int, int) {
  Job& job = *static_cast<Job*>(data);
  if (!is_admitted(*job.transfer, IpAddress::parse(address))) {
    job.other_address = true;
    return CURL_PREREQFUNC_ABORT;
  }
  job.loop.enter(job, Phase::FirstByte);
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlEngine::Loop::on_read(char* to, std::size_t size, std::size_t count, void* data) {
  Job& job = *static_cast<Job*>(data);
  const std::optional<std::size_t> taken = job.transfer->ask.upload->take(to, size * count);
  if (!taken) {
    job.held = true;
    return CURL_READFUNC_PAUSE;
  }
  if (!job.head_done) job.loop.enter(job, Phase::FirstByte);
  return *taken;
}

std::size_t CurlEngine::Loop::on_read_mail(char* to, std::size_t size, std::size_t count, void* data) {
  Job& job = *static_cast<Job*>(data);
  job.loop.enter(job, Phase::Stream);
  const std::string_view left = std::string_view(job.transfer->ask.body).substr(job.mailed);
  const std::size_t taken = std::min(left.size(), size * count);
  std::memcpy(to, left.data(), taken);
  job.mailed += taken;
  return taken;
}

std::size_t CurlEngine::Loop::on_header(char* bytes, std::size_t, std::size_t count, void* data) {
  Job& job = *static_cast<Job*>(data);
  return job.loop.take_header(job, std::string_view(bytes, count));
}

std::size_t CurlEngine::Loop::on_body(char* bytes, std::size_t, std::size_t count, void* data) {
  Job& job = *static_cast<Job*>(data);
  return job.loop.take_body(job, std::string_view(bytes, count));
}

std::size_t CurlEngine::Loop::take_header(Job& job, std::string_view line) {
  enter(job, Phase::Stream);
  if (job.head_done || job.transfer->mail) return line.size();  // a trailer; or a word of a mail server, which libcurl reads
  job.head_bytes += line.size();
  if (job.head_bytes > kAnswerHeadBytes) {
    job.refusal = Error{Code::Exhausted, "the head of the answer of " + job.transfer->peer + " is larger than " +
                                             human_size(kAnswerHeadBytes) + ", the limit", ""};
    return CURL_WRITEFUNC_ERROR;
  }
  const std::size_t size = line.size();
  line = trim(line);
  if (line.starts_with("HTTP/")) {
    job.answer_headers.clear();
    long status = 0;
    curl_easy_getinfo(job.easy, CURLINFO_RESPONSE_CODE, &status);
    job.status = static_cast<int>(status);
  } else if (line.empty()) {
    if (job.status < 200) return size;  // the real one follows
    job.head_done = true;
    News& news = news_of(job);
    news.status = job.status;
    news.headers = std::move(job.answer_headers);
  } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
    job.answer_headers.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }
  return size;
}

std::size_t CurlEngine::Loop::take_body(Job& job, std::string_view bytes) {
  CurlTransfer& transfer = *job.transfer;
  if (transfer.bytes_waiting >= kAnswerBytesWaiting) {
    // The reader may have emptied its buffer just before it could see the flag, so we look again.
    transfer.paused = true;
    if (transfer.bytes_waiting >= kAnswerBytesWaiting) {
      job.held = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    transfer.paused = false;
  }
  enter(job, Phase::Stream);
  transfer.bytes_waiting += bytes.size();
  news_of(job).bytes.append(bytes);
  return bytes.size();
}

Error describe_mail_failure(CURLcode code, CURL* easy, const std::string& peer, std::string_view curl_says) {
  long said = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &said);
  const std::string why(curl_says.empty() ? curl_easy_strerror(code) : curl_says);
  // RFC 5321: 5xx will be said again, 4xx may pass.
  if (said >= 400 && said < 500) return {Code::Unavailable, "the mail server " + peer + " does not take it now: " + why, ""};
  if (code == CURLE_LOGIN_DENIED) return {Code::Invalid, "the mail server " + peer + " refuses the user or the password", "zo mail set"};
  if (code == CURLE_USE_SSL_FAILED) return {Code::Invalid, "the mail server " + peer + " offers no TLS", "zo mail set --server smtps://…"};
  if (said >= 500) return {Code::Invalid, "the mail server " + peer + " refuses it: " + why, ""};
  return describe_curl_failure(code, easy, peer, curl_says);
}

Error describe_curl_failure(CURLcode code, CURL* easy, const std::string& peer, std::string_view curl_says) {
  const std::string why(curl_says.empty() ? curl_easy_strerror(code) : curl_says);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::Unavailable, "cannot reach " + peer + ": its name does not resolve", "check the address and the network"};
    case CURLE_COULDNT_CONNECT:
      return {Code::Unavailable,
              "cannot reach " + peer + ": " + (os_error ? std::strerror(static_cast<int>(os_error)) : why), ""};
    case CURLE_GOT_NOTHING:
      return {Code::Unavailable, peer + " closed the connection without an answer", ""};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {Code::Unavailable, "the connection to " + peer + " was cut: " + why, ""};
    case CURLE_UNSUPPORTED_PROTOCOL:  // the scheme was looked at before, so it is the answer that is meant
    case CURLE_WEIRD_SERVER_REPLY:
      return {Code::Unavailable, peer + " does not speak HTTP: " + why, ""};
    default:
      return {Code::Unavailable, "cannot talk to " + peer + ": " + why, ""};
  }
}

}  // namespace zo
