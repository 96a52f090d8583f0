#include "testing/http_raw.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "base/text.h"

namespace zo {

RawPeer::RawPeer(const Executor& executor, int port) : socket_(executor) {
  asio::ip::tcp::socket tcp(executor);
  tcp.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
  socket_ = std::move(tcp);
}

RawPeer::RawPeer(const Executor& executor, const std::string& unix_path) : socket_(executor) {
  asio::local::stream_protocol::socket local(executor);
  local.connect(asio::local::stream_protocol::endpoint(unix_path));
  socket_ = std::move(local);
}

Task<void> RawPeer::send(std::string bytes) {
  // After one failed write the next would wait for an edge that never comes.
  if (deaf_) co_return;
  auto writing = asio::async_write(socket_, asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
  const auto [failure, written] = co_await std::move(writing);
  deaf_ = failure.failed();
}

Task<bool> RawPeer::read_some() {
  std::array<char, 16'384> bytes;
  auto reading = socket_.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
  const auto [failure, count] = co_await std::move(reading);
  in_.append(bytes.data(), count);
  co_return !failure;
}

Task<std::string> RawPeer::read_all() {
  bool more = true;
  while (more) more = co_await read_some();
  co_return std::exchange(in_, {});
}

Task<std::string> RawPeer::read_until(std::string mark) {
  bool more = true;
  while (more && in_.find(mark) == in_.npos) more = co_await read_some();
  const std::size_t at = in_.find(mark);
  const std::size_t end = at == in_.npos ? in_.size() : at + mark.size();
  std::string out = in_.substr(0, end);
  in_.erase(0, end);
  co_return out;
}

Task<std::string> RawPeer::read_reply() {
  std::string out = co_await read_until("\r\n\r\n");
  const std::string head = to_lower(out);
  const std::size_t at = head.find("content-length: ");
  const std::size_t length = at == head.npos ? 0 : std::stoul(head.substr(at + 16));
  bool more = true;
  while (more && in_.size() < length) more = co_await read_some();
  out += in_.substr(0, length);
  in_.erase(0, length);
  co_return out;
}

void RawPeer::close() {
  boost::system::error_code ignored;  // closed already
  socket_.close(ignored);
}

RawListener::RawListener(const Executor& executor, int backlog) : acceptor_(executor) {
  acceptor_.open(asio::ip::tcp::v4());
  acceptor_.bind({asio::ip::address_v4::loopback(), 0});
  acceptor_.listen(backlog);
}

int RawListener::port() const { return acceptor_.local_endpoint().port(); }

Task<RawPeer> RawListener::accept() {
  asio::ip::tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
  co_return RawPeer(std::move(socket));
}

Task<void> RawListener::answer_once(std::string reply) {
  RawPeer peer = co_await accept();
  co_await peer.read_until("\r\n\r\n");
  co_await peer.send(std::move(reply));
  peer.close();
}

Task<std::string> raw_exchange(int port, std::string bytes) {
  RawPeer peer(co_await asio::this_coro::executor, port);
  co_await peer.send(std::move(bytes));
  co_return co_await peer.read_all();
}

}  // namespace zo
