// Sealing: what makes a text unreadable without a key, and shows when it was changed or put in another place. XChaCha20-Poly1305 and
// Argon2id of libsodium; no state, no product words.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kSaltBytes = 16;

// 32 bytes in memory that is locked, left out of core files, and overwritten when it is given back.
class SealKey {
 public:
  static SealKey make();
  // Invalid unless there are exactly kKeyBytes.
  static Result<SealKey> of(std::string_view bytes);
  // Argon2id, 64 MiB and 3 passes (RFC 9106's second choice): about 0.1 s. Blocking. `salt` has kSaltBytes.
  static Result<SealKey> from_passphrase(std::string_view passphrase, std::string_view salt);

  std::string_view bytes() const { return {bytes_.get(), kKeyBytes}; }

 private:
  struct Free {
    void operator()(char* bytes) const;
  };
  SealKey();
  std::unique_ptr<char, Free> bytes_;
};

// In base64 (URL alphabet), the nonce first. `place` is not kept: it says where the text belongs, and opens only with the same.
std::string seal(const SealKey& key, std::string_view text, std::string_view place);
// Corrupt, always in the same words, for another key, another place and any changed bit.
Result<std::string> unseal(const SealKey& key, std::string_view sealed, std::string_view place);

// Of the machine's generator, whatever the dice of the rest are.
std::string make_salt();

std::string to_base64(std::string_view bytes);
// The other alphabet, padded, as HTTP has it (RFC 4648, 4).
std::string to_padded_base64(std::string_view bytes);
// Of to_base64(); nothing for anything else.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace zo
