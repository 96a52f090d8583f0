#include "testing/receivers.h"

#include <fmt/format.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "base/text.h"
#include "testing/run.h"

namespace zo {
namespace {

using asio::ip::tcp;

// Up to and with `end`; empty when the other side has gone.
Task<std::string> read_to(tcp::socket& socket, std::string& buffer, std::string end) {
  boost::system::error_code error;
  auto reading = asio::async_read_until(socket, asio::dynamic_buffer(buffer), end, asio::redirect_error(asio::use_awaitable, error));
  const std::size_t bytes = co_await std::move(reading);
  if (error) co_return "";
  std::string text = buffer.substr(0, bytes);
  buffer.erase(0, bytes);
  co_return text;
}

Task<void> say(tcp::socket& socket, std::string text) {
  boost::system::error_code error;
  auto writing = asio::async_write(socket, asio::buffer(text), asio::redirect_error(asio::use_awaitable, error));
  co_await std::move(writing);
}

}  // namespace

HookReceiver::HookReceiver(asio::io_context& io) : io_(io), acceptor_(io, {asio::ip::address_v4::loopback(), 0}), scope_(io.get_executor()) { scope_.spawn("hook receiver", serve()); }
HookReceiver::~HookReceiver() { run(io_, scope_.stop()); }
std::string HookReceiver::peer() const { return fmt::format("127.0.0.1:{}", acceptor_.local_endpoint().port()); }
std::string HookReceiver::url() const { return "http://" + peer() + "/hook"; }

Task<void> HookReceiver::serve() {
  for (;;) {
    auto accepting = acceptor_.async_accept(asio::use_awaitable);
    tcp::socket socket = co_await std::move(accepting);
    scope_.spawn("a hook", answer(std::move(socket)));
  }
}

Task<void> HookReceiver::answer(tcp::socket socket) {
  std::string buffer;
  std::string request = co_await read_to(socket, buffer, "\r\n\r\n");
  const std::size_t mark = to_lower(request).find("content-length: ");
  const std::size_t length = mark == request.npos ? 0 : std::stoul(request.substr(mark + 16));
  while (buffer.size() < length) {
    std::string more(length - buffer.size(), '\0');
    auto reading = socket.async_read_some(asio::buffer(more), asio::use_awaitable);
    more.resize(co_await std::move(reading));
    buffer += more;
  }
  seen.push_back(request + buffer);
  int status = 200;
  if (!answers.empty()) {
    status = answers.front();
    answers.pop_front();
  }
  if (status == 0) {
    boost::system::error_code gone;
    char more = 0;
    auto waiting = socket.async_read_some(asio::buffer(&more, 1), asio::redirect_error(asio::use_awaitable, gone));
    co_await std::move(waiting);
    co_return;
  }
  co_await say(socket, fmt::format("HTTP/1.1 {} .\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status));
}

MailReceiver::MailReceiver(asio::io_context& io, std::string login)
    : io_(io), login_(std::move(login)), acceptor_(io, {asio::ip::address_v4::loopback(), 0}), scope_(io.get_executor()) {
  scope_.spawn("mail receiver", serve());
}
MailReceiver::~MailReceiver() { run(io_, scope_.stop()); }
std::string MailReceiver::url() const { return fmt::format("smtp://127.0.0.1:{}", acceptor_.local_endpoint().port()); }

Task<void> MailReceiver::serve() {
  for (;;) {
    auto accepting = acceptor_.async_accept(asio::use_awaitable);
    tcp::socket socket = co_await std::move(accepting);
    scope_.spawn("a mail", talk(std::move(socket)));
  }
}

Task<void> MailReceiver::talk(tcp::socket socket) {
  std::string buffer;
  bool known = login_.empty();
  Mail mail;
  co_await say(socket, "220 mail.test ESMTP\r\n");
  for (;;) {
    const std::string line(trim(co_await read_to(socket, buffer, "\r\n")));
    const std::string word = to_lower(line.substr(0, 4));
    if (word.empty() || word == "quit") co_return co_await say(socket, "221 bye\r\n");
    if (word == "ehlo") {
      co_await say(socket, login_.empty() ? "250 mail.test\r\n" : "250-mail.test\r\n250 AUTH PLAIN\r\n");
    } else if (word == "auth") {
      std::string given = line.substr(std::string("AUTH PLAIN").size());
      if (trim(given).empty()) {
        co_await say(socket, "334 \r\n");
        given = co_await read_to(socket, buffer, "\r\n");
      }
      known = trim(given) == login_;
      co_await say(socket, known ? "235 welcome\r\n" : "535 who are you\r\n");
    } else if (word == "mail") {
      mail.from = line;
      co_await say(socket, known ? "250 ok\r\n" : "530 sign in first\r\n");
    } else if (word == "rcpt") {
      mail.to = line;
      if (refusals.empty()) {
        co_await say(socket, "250 ok\r\n");
      } else {
        const std::string refusal = refusals.front();
        refusals.pop_front();
        co_await say(socket, refusal + "\r\n");
      }
    } else if (word == "data") {
      co_await say(socket, "354 go on\r\n");
      mail.message = co_await read_to(socket, buffer, "\r\n.\r\n");
      seen.push_back(std::exchange(mail, {}));
      co_await say(socket, "250 taken\r\n");
    } else {
      co_await say(socket, "250 ok\r\n");
    }
  }
}

}  // namespace zo
