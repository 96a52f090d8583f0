// Ids: 26 characters of Crockford base 32 (the ULID layout: 48 bits of UTC milliseconds, 80 of chance), so that they sort by
// the time they were made. Each kind is a type of its own: a RunId is never taken for a MessageId.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace zo {

class Dice;

// Without a terminator; all zero = none. Kept in place: ids are handed about more than anything else.
using IdText = std::array<char, 26>;

// Within one process each is greater than the one before, also within one millisecond.
IdText new_id_text(Dice& dice, TimeMs now);
// True for 26 characters of the alphabet that do not overflow.
bool is_id_text(std::string_view text);

// NotFound. `what` names the thing: "run", "conversation".
Error no_such(std::string_view what, std::string_view id, std::string advice = "");

template <class Kind>
class Id {
 public:
  Id() = default;
  static Id make(Dice& dice, TimeMs now) { return Id(new_id_text(dice, now)); }
  static Result<Id> parse(std::string_view text, std::string_view what) {
    if (is_id_text(text)) return stored(text);
    return std::unexpected(no_such(what, text));
  }
  // What text() gave when it was stored; empty for anything of another length.
  static Id stored(std::string_view text) {
    Id id;
    if (text.size() == id.text_.size()) std::ranges::copy(text, id.text_.begin());
    return id;
  }

  bool empty() const { return text_[0] == '\0'; }
  std::string_view text() const { return {text_.data(), empty() ? 0 : text_.size()}; }
  std::string string() const { return std::string(text()); }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(const IdText& text) : text_(text) {}

  IdText text_{};
};

using PersonId = Id<struct PersonKind>;
using TokenId = Id<struct TokenKind>;
using ConversationId = Id<struct ConversationKind>;
using MessageId = Id<struct MessageKind>;
using RunId = Id<struct RunKind>;
using ToolCallId = Id<struct ToolCallKind>;

}  // namespace zo

template <class Kind>
struct std::hash<zo::Id<Kind>> {
  std::size_t operator()(const zo::Id<Kind>& id) const noexcept { return std::hash<std::string_view>{}(id.text()); }
};
