// Where a command in a sandbox uses a secret without having it: http://secret.zo/NAME/path?query is asked of the host to which the
// secret NAME is bound, over TLS, with the secret in its header. The command says neither the host nor the header, and gets the answer with
// the secret taken out of it. Bodies stream both ways, at most limits::kGatewayBodyBytes; redirects are not followed. The dial passes the door.
#pragma once

#include <functional>
#include <string_view>

#include "base/limits.h"
#include "door/gateway_request.h"
#include "door/host_secrets.h"
#include "door/outward.h"
#include "net/http_client.h"
#include "net/tunnel.h"

namespace zo::limits {
inline constexpr std::uint64_t kGatewayBodyBytes = 8192ull * MiB;  // of a request with a secret, and of its answer; cut above
inline constexpr std::int64_t kGatewayFirstByteMs = 240'000;  // of its answer, after the request; less than kTunnelIdleMs, so that it is said
}  // namespace zo::limits

namespace zo {

class Gateway {
 public:
  // All outlive it, and what serves. `http` dials through the door.
  // `outward` keeps what of a run may change something there; null: nothing is kept.
  Gateway(HostSecrets& secrets, HttpClient& http, Outward* outward = nullptr) : secrets_(secrets), http_(http), outward_(outward) {}

  // Whether the errand may use the secret of that name; asked before it is looked up.
  using MayUse = std::function<Result<>(std::string_view name)>;
  // Answers one request (TunnelRules::answer). The secret is one of the errand's person.
  Task<Result<>> serve(TunnelVisit visit, Errand errand, MayUse may_use);

 private:
  HostSecrets& secrets_;
  HttpClient& http_;
  Outward* outward_;
};

}  // namespace zo
