// Ids: 26 characters of Crockford base 32 (the ULID layout: 48 bits of UTC milliseconds, 80 of chance), so that they sort by
// the time they were made. Each kind is a type of its own: a RunId is never taken for a MessageId.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace zo {

class Dice;

// 26 characters; within one process each is greater than the one before, also within one millisecond.
std::string new_id_text(Dice& dice, TimeMs now);
// True for 26 characters of the alphabet that do not overflow.
bool is_id_text(std::string_view text);

template <class Kind>
struct Id {
  std::string text;

  bool empty() const { return text.empty(); }
  auto operator<=>(const Id&) const = default;

  static Id make(Dice& dice, TimeMs now) { return Id{new_id_text(dice, now)}; }
  // `what` names the thing in the error: "run", "conversation".
  static Result<Id> parse(std::string_view text, std::string_view what) {
    if (is_id_text(text)) return Id{std::string(text)};
    return fail(Code::NotFound, "no " + std::string(what) + " has the id '" + std::string(text.substr(0, 40)) + "'");
  }
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
  std::size_t operator()(const zo::Id<Kind>& id) const noexcept { return std::hash<std::string>{}(id.text); }
};
