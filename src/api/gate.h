// Who comes in. In order: one Host of ours, no foreign page (Origin, Sec-Fetch-Site), then the token and its scope. No cookies,
// no exemption for loopback; the unix socket, whose peer has our own uid, is the owner.
#pragma once

#include <string>

#include "account/accounts.h"
#include "api/route.h"
#include "async/clock.h"

namespace zo {

class Gate {
 public:
  Gate(Accounts& accounts, Clock& clock, PersonId owner) : accounts_(accounts), clock_(clock), owner_(std::move(owner)) {}

  // "http://HOST:PORT"
  void set_address(const std::string& address);
  // A refusal to send, or nothing: Host, Origin and Sec-Fetch-Site are fine.
  std::optional<HttpReply> check_origin(const HttpRequest& request, ErrorShape shape) const;
  struct Entry {
    std::optional<HttpReply> refusal;
    Principal principal;
  };
  Task<Entry> enter(const HttpRequest& request, const Route& route);
  // Also for setup links: too many wrong secrets in a minute.
  bool too_many_failures();
  void count_failure();

 private:
  bool is_our_host(std::string_view host) const;

  Accounts& accounts_;
  Clock& clock_;
  PersonId owner_;
  std::string host_;  // "127.0.0.1:8787"
  std::string port_;  // ":8787"
  TimeMs minute_began_at_ = 0;
  int failures_ = 0;
};

}  // namespace zo
