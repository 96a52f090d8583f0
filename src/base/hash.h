// The one hash of this program: BLAKE2b (RFC 7693), as lower-case hex.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace zo {

inline constexpr std::size_t kHashBytes = 32;  // 64 digits of hex

// Of all parts, one behind the other: what parts them must be among them. With a key (at most 64 bytes of it count) only who has the
// key can make it.
std::string hash_hex(std::initializer_list<std::string_view> parts, std::size_t hash_bytes = kHashBytes, std::string_view key = {});
inline std::string hash_hex(std::string_view bytes) { return hash_hex({bytes}); }

}  // namespace zo
