// When to ask a provider again: as it asks for itself, else a second doubling to thirty, for five minutes in all; visibly, and whoever
// waits can cancel.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/dice.h"
#include "base/time.h"
#include "net/http_server.h"

namespace zo {

inline constexpr std::int64_t kRetryFirstMs = 1'000;
inline constexpr std::int64_t kRetryMostMs = 30'000;
inline constexpr std::int64_t kRetryAllMs = 300'000;  // waited in all
inline constexpr int kReachRetries = 2;               // of a server that is not there at all
inline constexpr int kRetriesMost = 60;

// What the provider asks for: x-should-retry, retry-after-ms, Retry-After in seconds or as a date (RFC 9110, 10.2.3), or in its words.
struct RetryWish {
  std::optional<bool> should;
  std::optional<std::int64_t> after_ms;
};
RetryWish retry_wish(std::span<const Header> headers, TimeMs now);
// "4s", "1m2.5s", "500ms", "7.66s", "20 seconds" in milliseconds.
std::optional<std::int64_t> duration_ms(std::string_view text);
// "Please try again in 7.66s.", "Please retry in 4.2s"; nothing when no such words stand there.
std::optional<std::int64_t> wait_in_words(std::string_view complaint);

struct Retries {
  int count = 0;
  std::int64_t waited_ms = 0;  // since it was asked for the first time
};
// How long to wait before asking once more; nothing means: do not. `transient` is our own opinion, the provider's goes first. `all_ms`: at
// most waited in all.
std::optional<std::int64_t> wait_before_retry(const Retries& so_far, bool transient, const RetryWish& wish, Dice& dice, std::int64_t all_ms = kRetryAllMs);

}  // namespace zo
