// When to ask a provider again. The numbers are those of the providers' own libraries: two retries, half a second doubling to
// eight, the provider's Retry-After first; but nobody is made to wait for more than a minute.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/dice.h"
#include "base/time.h"
#include "net/http_server.h"

namespace zo {

inline constexpr int kRetries = 2;
inline constexpr std::int64_t kRetryFirstMs = 500;
inline constexpr std::int64_t kRetryMostMs = 8'000;
inline constexpr std::int64_t kRetryAfterMostMs = 60'000;

// What the provider's headers ask for: x-should-retry, retry-after-ms, Retry-After in seconds or as a date (RFC 9110, 10.2.3).
struct RetryWish {
  std::optional<bool> should;
  std::optional<std::int64_t> after_ms;
};
RetryWish retry_wish(std::span<const Header> headers, TimeMs now);

// How long to wait before asking again after `retries` retries; nothing means: do not. `transient` is our own opinion, the
// provider's goes first.
std::optional<std::int64_t> wait_before_retry(int retries, bool transient, const RetryWish& wish, Dice& dice);

}  // namespace zo
