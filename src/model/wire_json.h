// JSON as servers really send it: NaN and Infinity, raw control characters, halves of surrogate pairs, bytes that are no UTF-8. Strict
// JSON goes the strict way.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace zo {

// Strings may hold halves of characters: a surrogate alone, as its three bytes, or a UTF-8 sequence that was cut. PieceJoiner mends them.
Result<Json> parse_wire_json(std::string_view text, std::string_view what, std::size_t bytes_max = limits::kReplyBytes);

// Puts together what was cut in the middle of a character: a UTF-8 sequence, or a surrogate pair of which each half came alone. What
// finds no other half becomes U+FFFD.
class PieceJoiner {
 public:
  // Valid UTF-8; what may still become a character is held back.
  std::string feed(std::string_view piece);
  std::string finish();

 private:
  std::string held_;
};

}  // namespace zo
