#include "net/connect.h"

#include <fmt/core.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "async/deadline.h"
#include "base/text.h"

namespace zo {
namespace {

using asio::ip::tcp;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

Task<boost::system::error_code> connect(tcp::socket& socket, tcp::endpoint endpoint) {
  boost::system::error_code closed;
  socket.close(closed);
  const auto [ec] = co_await socket.async_connect(endpoint, kAsTuple);
  co_return ec;
}

// Byte by byte at its end: what follows the head is the other side's already.
Task<std::string> ask_proxy(tcp::socket& socket, std::string request) {
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), kAsTuple);
  std::string head;
  while (!unsent && head.size() < limits::kTunnelHeadBytes && !head.ends_with("\r\n\r\n")) {
    char byte = 0;
    const auto [ec, count] = co_await socket.async_read_some(asio::buffer(&byte, 1), kAsTuple);
    if (ec) break;
    head += byte;
  }
  co_return head;
}

}  // namespace

Task<Result<tcp::socket>> dial(Clock& clock, std::int64_t connect_ms, std::string name, Endpoints endpoints) {
  tcp::socket socket(co_await asio::this_coro::executor);
  std::string reason = "it has no address";
  if (endpoints.size() > limits::kTunnelAddresses) endpoints.resize(limits::kTunnelAddresses);
  for (const tcp::endpoint& endpoint : endpoints) {
    const std::optional<boost::system::error_code> ec = co_await within(clock, connect_ms, connect(socket, endpoint));
    if (ec && !*ec) {
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      co_return socket;
    }
    reason = ec ? ec->message() : fmt::format("no answer within {} s", connect_ms / 1'000);
  }
  co_return fail(Code::Unavailable, fmt::format("cannot reach {}: {}", name, reason));
}

Task<Result<tcp::socket>> dial_through(Clock& clock, std::int64_t connect_ms, UpstreamProxy proxy, std::string authority) {
  ZO_CO_TRY(tcp::socket socket, co_await dial(clock, connect_ms, "the proxy of this machine's environment", std::move(proxy.endpoints)));
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  const std::optional<std::string> head = co_await within(clock, connect_ms, ask_proxy(socket, request + "\r\n"));
  const std::string_view answer = head ? *head : std::string_view();
  if (answer.starts_with("HTTP/1.") && answer.size() > 12 && answer.substr(8, 2) == " 2" && answer.ends_with("\r\n\r\n")) co_return socket;
  co_return fail(Code::Unavailable, fmt::format("the proxy of this machine's environment does not lead to {}: {}", authority,
                                                answer.empty() ? "no answer" : one_line(to_valid_utf8(answer.substr(0, answer.find('\r'))), 120)));
}

}  // namespace zo
