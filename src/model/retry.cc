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

std::optional<std::int64_t> duration_ms(std::string_view text) {
  double ms = 0;
  bool any = false;
  for (text = trim(text); !text.empty();) {
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (failure != std::errc{} || number < 0) break;
    std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    rest = trim(rest);
    const std::size_t letters = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size());
    const std::string_view word = rest.substr(0, letters);
    const double factor = word == "ms" || word.starts_with("millis") ? 1
                          : word == "s" || word.starts_with("sec")   ? 1'000
                          : word == "m" || word.starts_with("min")   ? 60'000
                          : word == "h" || word.starts_with("hour")  ? 3'600'000
                                                                     : 0;
    if (factor == 0) break;
    ms += number * factor;
    any = true;
    text = rest.substr(letters);
  }
  return any ? positive(std::min(ms, kSecondsMost)) : std::nullopt;
}

std::optional<std::int64_t> wait_in_words(std::string_view complaint) {
  const std::string words = to_lower(complaint);
  for (const std::string_view before : {"try again in ", "retry in ", "retry after ", "wait "})
    if (const std::size_t at = words.find(before); at != std::string::npos)
      if (const auto ms = duration_ms(std::string_view(words).substr(at + before.size()))) return ms;
  return std::nullopt;
}

std::optional<std::int64_t> wait_before_retry(const Retries& so_far, bool transient, const RetryWish& wish, Dice& dice, std::int64_t all_ms) {
  if (!wish.should.value_or(transient) || so_far.count >= kRetriesMost) return std::nullopt;
  const std::int64_t whole = std::min(kRetryFirstMs << std::min(so_far.count, 10), kRetryMostMs);
  const std::int64_t ours = whole - static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(whole) / 4 + 1));
  // A wish that has been heeded and did not help is not enough.
  const std::int64_t wait = !wish.after_ms ? ours : so_far.count == 0 ? *wish.after_ms : std::max(*wish.after_ms, ours);
  if (so_far.waited_ms + wait > all_ms) return std::nullopt;
  return wait;
}

}  // namespace zo
