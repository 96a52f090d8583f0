// Who receives what is told elsewhere: a web hook, and a mail server that says what a test wants it to say.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <string>
#include <vector>

#include "async/scope.h"
#include "async/task.h"

namespace zo {

// Takes HTTP requests, one a connection, and answers each with the next of `answers`, or 200; 0: not at all.
class HookReceiver {
 public:
  explicit HookReceiver(asio::io_context& io);
  ~HookReceiver();

  std::string url() const;   // "http://127.0.0.1:PORT/hook"
  std::string peer() const;  // "127.0.0.1:PORT"
  std::vector<std::string> seen;  // whole requests
  std::deque<int> answers;

 private:
  Task<void> serve();
  Task<void> answer(asio::ip::tcp::socket socket);

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  Scope scope_;
};

// SMTP (RFC 5321) without TLS; with a password of its own it wants AUTH PLAIN.
class MailReceiver {
 public:
  explicit MailReceiver(asio::io_context& io, std::string login = "");
  ~MailReceiver();

  std::string url() const;   // "smtp://127.0.0.1:PORT"
  struct Mail {
    std::string from, to, message;
  };
  std::vector<Mail> seen;
  std::deque<std::string> refusals;  // "451 later" in place of taking the next

 private:
  Task<void> serve();
  Task<void> talk(asio::ip::tcp::socket socket);

  asio::io_context& io_;
  std::string login_;  // base64 of "\0user\0password"; empty: none is wanted
  asio::ip::tcp::acceptor acceptor_;
  Scope scope_;
};

}  // namespace zo
