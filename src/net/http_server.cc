#include "net/http_server.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>

#include "base/log.h"
#include "net/http_connection.h"
#include "os/peer.h"

namespace zo {
namespace {

using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Unix = asio::local::stream_protocol;

constexpr std::size_t kTurnedAwayAtOnce = 64;  // are told why; beyond that a connection is closed without a word
constexpr std::size_t kLeavingAtOnce = 64;     // gave way and have not ended; beyond that a new connection is closed
constexpr std::int64_t kAcceptPauseMs = 100;   // after a failure such as "too many open files"
constexpr std::int64_t kOversleptMs = 1'000;
constexpr rlim_t kOpenFilesWanted = 65'536;

Result<Tcp::endpoint> parse_address(const std::string& address) {
  const auto wrong = [&] {
    return fail(Code::Invalid, "'" + address + "' is not an address to listen on", "127.0.0.1:8787 or [::1]:8787");
  };
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos) return wrong();
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* const end = address.data() + address.size();
  const auto [rest, bad] = std::from_chars(address.data() + colon + 1, end, port);
  error_code failure;
  const auto ip = asio::ip::make_address(host, failure);
  if (failure || bad != std::errc() || rest != end) return wrong();
  return Tcp::endpoint(ip, port);
}

std::unexpected<Error> cannot_listen(const std::string& where, const error_code& failure) {
  const bool taken = failure == asio::error::address_in_use;
  const bool denied = failure == asio::error::access_denied;
  return fail(taken ? Code::Conflict : denied ? Code::Denied : Code::Unavailable,
              "cannot listen on " + where + ": " + failure.message(), taken ? "another port, or stop what holds this one" : "");
}

// Removes the socket of a server that is gone; Conflict while somebody still listens there, or if it is something else.
Result<> remove_stale_socket(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return fail(Code::Conflict, path + " is in the way: it is not a socket");
  asio::io_context io{1};
  Unix::socket probe(io);
  error_code failure;
  probe.connect(Unix::endpoint(path), failure);
  if (failure != asio::error::connection_refused) return fail(Code::Conflict, "another server listens on " + path);
  if (::unlink(path.c_str()) != 0) return fail(Code::Denied, "cannot remove the stale socket " + path);
  return {};
}

}  // namespace

struct HttpServer::State {
  State(Executor e, Clock& clock, HttpAdmit admit, HttpServerOptions options)
      : executor(e), service(e, clock, std::move(admit), options), scope(e) {}

  Executor executor;
  HttpService service;
  Scope scope;
  std::list<asio::basic_socket_acceptor<Tcp>> tcp;
  std::list<asio::basic_socket_acceptor<Unix>> local;
  std::vector<std::string> paths;
  int port = 0;
  bool sweeping = false;

  template <class Protocol>
  Task<void> accept_from(asio::basic_socket_acceptor<Protocol>& acceptor);
  void welcome(Tcp::socket socket);
  void welcome(Unix::socket socket);
  void serve(HttpSocket socket, HttpStanding standing, std::optional<unsigned> local_uid = {});
  void turn_away(HttpSocket socket, HttpRefusal refusal);
  // Looks after all connections with one timer.
  Task<void> sweep();
  template <class Protocol>
  void start(asio::basic_socket_acceptor<Protocol>& acceptor);
};

template <class Protocol>
Task<void> HttpServer::State::accept_from(asio::basic_socket_acceptor<Protocol>& acceptor) {
  bool failing = false;
  for (;;) {
    auto accepting = acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    auto [failure, socket] = co_await std::move(accepting);
    co_await throw_if_cancelled();
    if (!acceptor.is_open()) co_return;
    if (!failure) {
      failing = false;
      welcome(std::move(socket));
      continue;
    }
    if (!failing) log_error("net", "cannot accept a connection: " + failure.message());
    failing = true;
    co_await service.clock.sleep_for(kAcceptPauseMs);
  }
}

void HttpServer::State::welcome(Tcp::socket socket) {
  const HttpService::Connections& newcomers = service.of(HttpStanding::Newcomer);
  if (newcomers.size() >= service.options.newcomers_max) newcomers.front()->give_way();
  if (service.of(HttpStanding::Leaving).size() >= kLeavingAtOnce) return;
  error_code ignored;  // a connection without it is only slower
  socket.set_option(Tcp::no_delay(true), ignored);
  serve(HttpSocket(std::move(socket)), HttpStanding::Newcomer);
}

void HttpServer::State::welcome(Unix::socket socket) {
  const std::size_t most = service.options.connections_max;
  const Result<unsigned> uid = trusted_peer(socket.native_handle());
  if (!uid) {
    log_warn("net", "a connection to our unix socket was refused: " + uid.error().message);
    turn_away(HttpSocket(std::move(socket)), {403, Code::Denied, uid.error().message});
  } else if (service.of(HttpStanding::Local).size() >= most) {
    turn_away(HttpSocket(std::move(socket)),
              {503, Code::Exhausted, fmt::format("{} connections are open on this socket, the limit of this server", most)});
  } else {
    serve(HttpSocket(std::move(socket)), HttpStanding::Local, *uid);
  }
}

void HttpServer::State::serve(HttpSocket socket, HttpStanding standing, std::optional<unsigned> local_uid) {
  auto connection = std::make_unique<HttpConnection>(service, std::move(socket), standing, local_uid);
  HttpConnection& one = *connection;
  one.activity = scope.spawn("connection", HttpConnection::serve(std::move(connection)));
}

void HttpServer::State::turn_away(HttpSocket socket, HttpRefusal refusal) {
  if (service.of(HttpStanding::TurnedAway).size() >= kTurnedAwayAtOnce) return;
  scope.spawn("turned away", HttpConnection::turn_away(service, std::move(socket), std::move(refusal)));
}

Task<void> HttpServer::State::sweep() {
  const HttpServerOptions& o = service.options;
  const std::int64_t shortest_ms = std::min({o.head_ms, o.body_ms, o.idle_ms, o.write_ms, o.comment_ms});
  const std::int64_t tick_ms = std::clamp<std::int64_t>(shortest_ms / 8, 10, 1'000);
  for (;;) {
    while (service.count() == 0) co_await service.opened.wait();
    const std::int64_t due_ms = service.clock.steady_ms() + tick_ms;
    co_await service.clock.sleep_for(tick_ms);
    const std::int64_t now_ms = service.clock.steady_ms();
    // When it was us who did not run, what the clients sent meanwhile is read first.
    if (now_ms > due_ms + kOversleptMs) continue;
    service.age_newcomers();
    for (const HttpService::Connections& some : service.connections)
      for (HttpConnection* connection : some) connection->look_after(now_ms);
  }
}

template <class Protocol>
void HttpServer::State::start(asio::basic_socket_acceptor<Protocol>& acceptor) {
  scope.spawn("accept", accept_from(acceptor));
  if (!std::exchange(sweeping, true)) scope.spawn("sweep", sweep());
}

HttpServer::HttpServer(Executor executor, Clock& clock, HttpAdmit admit, HttpServerOptions options)
    : state_(std::make_unique<State>(std::move(executor), clock, std::move(admit), options)) {}

HttpServer::~HttpServer() = default;

Result<> HttpServer::listen_tcp(const std::string& address) {
  ZO_TRY(const Tcp::endpoint endpoint, parse_address(address));
  asio::basic_socket_acceptor<Tcp> acceptor(state_->executor);
  error_code failure;
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(asio::socket_base::reuse_address(true), failure);
  if (!failure && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return cannot_listen(address, failure);
  state_->port = acceptor.local_endpoint(failure).port();
  state_->start(state_->tcp.emplace_back(std::move(acceptor)));
  return {};
}

Result<> HttpServer::listen_unix(const std::string& path) {
  if (path.empty() || path.size() > 107) {
    return fail(Code::Invalid, fmt::format("the socket path '{}' has {} bytes, limit 107", path, path.size()));
  }
  ZO_OK(remove_stale_socket(path));
  asio::basic_socket_acceptor<Unix> acceptor(state_->executor);
  error_code failure;
  acceptor.open(Unix(), failure);
  // On Linux the file gets the mode of the unbound socket, so that it is never open to others, not even for a moment.
  if (!failure && ::fchmod(acceptor.native_handle(), 0600) != 0) failure.assign(errno, boost::system::system_category());
  if (!failure) acceptor.bind(Unix::endpoint(path), failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return cannot_listen(path, failure);
  state_->paths.push_back(path);
  state_->start(state_->local.emplace_back(std::move(acceptor)));
  return {};
}

int HttpServer::port() const { return state_->port; }
std::size_t HttpServer::connections() const { return state_->service.count(); }

std::size_t HttpServer::answering() const { return state_->service.answering; }

void HttpServer::stop_accepting() {
  error_code ignored;  // what cannot be closed was not open
  for (auto& acceptor : state_->tcp) acceptor.close(ignored);
  for (auto& acceptor : state_->local) acceptor.close(ignored);
  for (const std::string& path : std::exchange(state_->paths, {})) ::unlink(path.c_str());
}

Task<void> HttpServer::stop() {
  stop_accepting();
  co_await state_->scope.stop();
}

std::size_t raise_open_files_limit() {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::max(limit.rlim_cur, std::min(limit.rlim_max, kOpenFilesWanted));
  if (wanted != limit.rlim_cur) {
    limit.rlim_cur = wanted;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

}  // namespace zo
