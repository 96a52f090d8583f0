#include "base/id.h"

#include <fmt/core.h>

#include <mutex>

#include "base/dice.h"

namespace zo {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

IdText encode(TimeMs time, const std::array<unsigned char, 10>& chance) {
  IdText text;
  std::uint64_t ms = static_cast<std::uint64_t>(time);
  for (std::size_t i = 10; i-- > 0; ms >>= 5) text[i] = kAlphabet[ms & 31];
  // 80 bits of chance are 16 characters of 5 bits, two runs of 5 bytes each.
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 5; ++i) bits = bits << 8 | chance[half * 5 + i];
    for (std::size_t i = 8; i-- > 0; bits >>= 5) text[10 + half * 8 + i] = kAlphabet[bits & 31];
  }
  return text;
}

}  // namespace

IdText new_id_text(Dice& dice, TimeMs now) {
  // Process-wide on purpose: two parts that make ids in one millisecond must still get them in order.
  static std::mutex mutex;
  static TimeMs last_time = 0;
  static std::array<unsigned char, 10> last_chance{};

  const std::lock_guard lock(mutex);
  if (now > last_time) {
    last_time = now;
    dice.fill(last_chance.data(), last_chance.size());
    last_chance[0] &= 0x7f;  // room for the increments below
  } else {
    for (std::size_t i = last_chance.size(); i-- > 0;)
      if (++last_chance[i] != 0) break;
  }
  return encode(last_time, last_chance);
}

Error no_such(std::string_view what, std::string_view id, std::string advice) {
  return {Code::NotFound, fmt::format("no {} has the id '{}'", what, id.substr(0, 40)), std::move(advice)};
}

bool is_id_text(std::string_view text) {
  return text.size() == 26 && text[0] <= '7' && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace zo
