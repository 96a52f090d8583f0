// The one policy of all that dials out: whoever dials says on whose errand, is told which addresses he may dial and no others, and
// says how it ended. A unix socket leads nowhere but to this machine and is no dial.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/id.h"
#include "net/address.h"

namespace zo {

// What for. Unnamed is an errand that somebody forgot to name; no policy lets it pass.
enum class Purpose { Unnamed, Own, Provider, Fetch, Sandbox, WebHook, Mail };
std::string_view purpose_name(Purpose purpose);  // "web_hook"

struct Errand {
  std::optional<PersonId> person;  // nobody's: only to this machine, or to what the owner named
  std::string run = {};            // its id; empty outside of one
  Purpose purpose = Purpose::Unnamed;
};

struct Dial {
  Errand errand;
  std::string host;  // as it was written, without brackets or with them
  std::uint16_t port = 0;
  bool tls = false;
  bool is_listed = false;  // the owner has named this very host for this errand: a number, or this machine, as it stands
};

struct PassageEnd {
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::string failure = {};  // empty: it ended well
};

// A yes, for one dial, now.
struct Passage {
  HostName host;                     // canonical: this is what is compared, sent in SNI and dialled
  std::uint16_t port = 0;
  std::vector<IpAddress> addresses;  // of that host, resolved once; at least one, or none when a proxy resolves it
  std::string proxy = {};            // of the owner's environment, through which this host is reached; empty: directly
  std::move_only_function<void(const PassageEnd&)> ended = {};  // to be told once, on the io thread; may be empty
};

class DialPolicy {
 public:
  virtual ~DialPolicy() = default;
  // May take time. Invalid: no host; Denied: it must not be dialled, with what would allow it; Unavailable, Timeout: it does not resolve.
  virtual Task<Result<Passage>> admit(Dial dial) = 0;
};

// The proxy of the owner's environment for a host: http_proxy (lower case only: httpoxy), https_proxy, all_proxy, and not for those in
// no_proxy, nor for this machine. A name is resolved by the proxy alone. Empty: none.
std::string upstream_proxy(const HostName& host, bool tls);
// True where one entry of `list` ("*", "example.org", ".example.org", "10.0.0.1", "10.0.0.0/8", "[::1]", with commas or spaces) names the host.
bool is_past_proxies(std::string_view list, const HostName& host);

}  // namespace zo
