// A peer that sends exactly the bytes it is told to and shows exactly those that come back: for tests of what no decent
// client would send.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "async/task.h"

namespace zo {

class RawPeer {
 public:
  // Connects at once, to 127.0.0.1 or to a unix socket; throws when nobody listens.
  RawPeer(const Executor& executor, int port);
  RawPeer(const Executor& executor, const std::string& unix_path);
  explicit RawPeer(asio::generic::stream_protocol::socket socket) : socket_(std::move(socket)) {}

  // A peer that closed meanwhile is no failure: what it said is still to be read.
  Task<void> send(std::string bytes);
  // Everything up to the end of the connection.
  Task<std::string> read_all();
  // Up to and with `mark`; what came behind it is kept for the next read.
  Task<std::string> read_until(std::string mark);
  // One reply with its Content-Length.
  Task<std::string> read_reply();
  void close();

 private:
  Task<bool> read_some();

  asio::generic::stream_protocol::socket socket_;
  std::string in_;
  bool deaf_ = false;  // the other side takes nothing any more
};

// A server that does exactly what the test says.
class RawListener {
 public:
  // `backlog`: connections that the system takes before accept() does.
  explicit RawListener(const Executor& executor, int backlog = 16);

  int port() const;
  Task<RawPeer> accept();
  // Accepts one connection, reads a request's head, sends `reply` and closes.
  Task<void> answer_once(std::string reply);

 private:
  asio::ip::tcp::acceptor acceptor_;
};

// Sends `bytes` to 127.0.0.1:`port` and returns all that comes back until the other side closes.
Task<std::string> raw_exchange(int port, std::string bytes);

}  // namespace zo
