// Who comes in. In order: one Host of ours, no foreign page (Origin, Sec-Fetch-Site), then the token and its scope. No cookies,
// no exemption for loopback; over the unix socket, which serves no process in a sandbox, the peer's uid says which person it is. A right
// secret is never refused for the sake of wrong ones: those cost time, and only the one who sent them, since its refusal waits.
#pragma once

#include <array>
#include <string>

#include "account/accounts.h"
#include "api/route.h"
#include "async/clock.h"

namespace zo {

// Each is counted for itself.
enum class SecretKind { Token, SetupLink };

class Gate {
 public:
  Gate(Accounts& accounts, Clock& clock) : accounts_(accounts), clock_(clock) {}

  // "http://HOST:PORT"
  void set_address(const std::string& address);
  // A refusal to send, or nothing: Host, Origin and Sec-Fetch-Site are fine, and each was sent once.
  std::optional<HttpReply> check_origin(const HttpRequest& request, ErrorShape shape) const;
  struct Entry {
    std::optional<HttpReply> refusal;
    Principal principal;
  };
  Task<Entry> enter(const HttpRequest& request, const Route& route);
  // Counts a wrong secret. For how long its refusal is held back: the first ones of a minute not at all. The source is everybody
  // who comes over TCP: that is this machine alone, where each can choose among many addresses.
  std::int64_t hold_back_ms(SecretKind kind);

 private:
  struct WrongSecrets {
    TimeMs minute_began_at = 0;
    int count = 0;
  };

  bool is_our_host(std::string_view host) const;

  Accounts& accounts_;
  Clock& clock_;
  std::string host_;  // "127.0.0.1:8787"
  std::string port_;  // ":8787"
  std::array<WrongSecrets, 2> wrong_{};  // by kind
};

}  // namespace zo
