// Secrets taken out of texts: as they are, and as the usual encodings would hide them. A text may come in pieces that are cut anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zo {

// Shorter ones stand in ordinary words by chance; they are left alone.
inline constexpr std::size_t kRedactedBytesLeast = 12;

struct NamedSecret {
  std::string name;  // "work"
  std::string text;
};

// Of a fixed set of secrets; safe to use from every thread.
class Redactor {
 public:
  Redactor() = default;  // of none: every text stays
  explicit Redactor(const std::vector<NamedSecret>& secrets);

  bool empty() const { return forms_.empty(); }
  // Each place where a secret stands, the leftmost and there the longest first, becomes ‹key NAME›: raw, in base64 at any alignment (both
  // alphabets), percent-encoded, escaped as in JSON, and in hex; base64 and
  // hex also where they are broken into lines.
  std::string redact(std::string_view text) const;

 private:
  friend class RedactedStream;
  struct Form {
    std::string text;
    std::string label;  // "‹key work›"
    bool wraps = false;  // base64 and hex: tools break them into lines
  };
  struct Found {
    const Form* form = nullptr;  // that stands here whole
    std::size_t length = 0;      // of it here, line breaks within it counted
    bool may_go_on = false;      // one that is longer than what is left begins here
  };
  Found at(std::string_view rest) const;
  // Up to the first byte that begins a form.
  std::string_view plain_beginning(std::string_view text) const;

  std::vector<Form> forms_;                     // by first byte, then longest first
  std::array<std::uint32_t, 257> begin_ = {};   // of the forms that begin with a byte
};

// The same for one text that comes in pieces: what may be the beginning of a secret is held back until more comes.
class RedactedStream {
 public:
  explicit RedactedStream(std::shared_ptr<const Redactor> redactor) : redactor_(std::move(redactor)) {}

  std::string push(std::string_view piece);
  // What was held back.
  std::string finish();

 private:
  std::string take(bool ends);

  std::shared_ptr<const Redactor> redactor_;
  std::string held_;
};

}  // namespace zo
