#include "model/retry.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "base/text.h"

namespace zo {
namespace {

constexpr double kSecondsMost = 1e9;

std::optional<double> number_in(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return std::min(value, kSecondsMost);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<TimeMs> date_in(std::string_view text) {
  const std::string date(trim(text));
  std::tm parts{};
  const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<TimeMs>(::timegm(&parts)) * 1'000;
}

std::optional<std::int64_t> positive(std::optional<double> ms) {
  if (!ms || *ms <= 0) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(*ms));
}

std::string_view value_of(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

}  // namespace

RetryWish retry_wish(std::span<const Header> headers, TimeMs now) {
  RetryWish wish;
  const std::string_view should = value_of(headers, "x-should-retry");
  if (should == "true") wish.should = true;
  if (should == "false") wish.should = false;
  wish.after_ms = positive(number_in(value_of(headers, "retry-after-ms")));
  const std::string_view after = value_of(headers, "retry-after");
  if (!wish.after_ms && !after.empty()) {
    if (const auto seconds = number_in(after)) wish.after_ms = positive(*seconds * 1'000);
    else if (const auto date = date_in(after)) wish.after_ms = positive(static_cast<double>(*date - now));
  }
  return wish;
}

std::optional<std::int64_t> wait_before_retry(int retries, bool transient, const RetryWish& wish, Dice& dice) {
  if (retries >= kRetries || !wish.should.value_or(transient)) return std::nullopt;
  if (wish.after_ms) {
    if (*wish.after_ms > kRetryAfterMostMs) return std::nullopt;
    return wish.after_ms;
  }
  const std::int64_t whole = std::min(kRetryFirstMs << retries, kRetryMostMs);
  return whole - static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(whole) / 4 + 1));
}

}  // namespace zo
