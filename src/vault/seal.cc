#include "vault/seal.h"

#include <sodium.h>

namespace zo {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = 64 * 1024 * 1024;
static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES && kSaltBytes == crypto_pwhash_SALTBYTES);

const unsigned char* octets(std::string_view text) { return static_cast<const unsigned char*>(static_cast<const void*>(text.data())); }
unsigned char* octets(char* bytes) { return static_cast<unsigned char*>(static_cast<void*>(bytes)); }

std::string encoded(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), octets(bytes), bytes.size(), variant);
  out.pop_back();  // its NUL
  return out;
}

}  // namespace

SealKey::SealKey() {
  ZO_CHECK(sodium_init() >= 0);
  bytes_.reset(static_cast<char*>(sodium_malloc(kKeyBytes)));
  ZO_CHECK(bytes_ != nullptr);
}

void SealKey::Free::operator()(char* bytes) const { sodium_free(bytes); }

SealKey SealKey::make() {
  SealKey key;
  randombytes_buf(key.bytes_.get(), kKeyBytes);
  return key;
}

Result<SealKey> SealKey::of(std::string_view bytes) {
  if (bytes.size() != kKeyBytes) return fail(Code::Invalid, fmt::format("a key has {} bytes, not {}", kKeyBytes, bytes.size()));
  SealKey key;
  bytes.copy(key.bytes_.get(), kKeyBytes);
  return key;
}

Result<SealKey> SealKey::from_passphrase(std::string_view passphrase, std::string_view salt) {
  if (salt.size() != kSaltBytes) return fail(Code::Corrupt, "the salt of the passphrase is damaged");
  SealKey key;
  if (crypto_pwhash(octets(key.bytes_.get()), kKeyBytes, passphrase.data(), passphrase.size(), octets(salt), kPasses, kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Code::Exhausted, "there is no room for the 64 MiB that the passphrase needs");
  return key;
}

std::string seal(const SealKey& key, std::string_view text, std::string_view place) {
  std::string out(kNonceBytes + text.size() + kTagBytes, '\0');
  randombytes_buf(out.data(), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(octets(out.data() + kNonceBytes), nullptr, octets(text), text.size(), octets(place), place.size(), nullptr,
                                             octets(std::string_view(out)), octets(key.bytes()));
  return to_base64(out);
}

Result<std::string> unseal(const SealKey& key, std::string_view sealed, std::string_view place) {
  const std::optional<std::string> bytes = from_base64(sealed);
  const auto damaged = [] { return fail(Code::Corrupt, "a sealed value does not open: another key sealed it, or it was changed"); };
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return damaged();
  const std::string_view closed = std::string_view(*bytes).substr(kNonceBytes);
  std::string text(closed.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(octets(text.data()), nullptr, nullptr, octets(closed), closed.size(), octets(place), place.size(), octets(*bytes),
                                                 octets(key.bytes())) != 0)
    return damaged();
  return text;
}

std::string make_salt() {
  std::string salt(kSaltBytes, '\0');
  randombytes_buf(salt.data(), salt.size());
  return salt;
}

std::string to_base64(std::string_view bytes) { return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

std::string to_padded_base64(std::string_view bytes) { return encoded(bytes, sodium_base64_VARIANT_ORIGINAL); }

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(octets(out.data()), out.size(), text.data(), text.size(), nullptr, &size, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace zo
