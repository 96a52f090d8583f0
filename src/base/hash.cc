#include "base/hash.h"

#include <sodium.h>

#include <algorithm>

#include "base/text.h"

namespace zo {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string hash_hex(std::initializer_list<std::string_view> parts, std::size_t hash_bytes, std::string_view key) {
  std::string hash(hash_bytes, '\0');
  crypto_generichash_state state;
  crypto_generichash_init(&state, bytes_of(key), std::min<std::size_t>(key.size(), crypto_generichash_KEYBYTES_MAX), hash.size());
  for (const std::string_view part : parts) crypto_generichash_update(&state, bytes_of(part), part.size());
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return to_hex(hash);
}

}  // namespace zo
