#include "memory/pieces.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "memory/characters.h"

namespace zo {
namespace {

constexpr std::u32string_view kJoints = U"_-./\\:@+&=?%#~'";
constexpr std::size_t kJointsMax = 3;  // between two words of one identifier: "://"
constexpr std::size_t kDateChars = 10;  // "2026-11-22"
constexpr std::size_t kMarkedMax = 8;  // characters of one letter with its marks

bool is_word(CharacterKind kind) { return kind == CharacterKind::Letter || kind == CharacterKind::Digit || kind == CharacterKind::Mark; }
bool is_upper(char32_t c) { return c >= U'A' && c <= U'Z'; }
bool is_lower(char32_t c) { return c >= U'a' && c <= U'z'; }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

bool is_hash(std::string_view text) {
  if (text.size() <= kHashPrefix || text.find_first_not_of("0123456789abcdef") != text.npos) return false;
  return text.find_first_of("0123456789") != text.npos && text.find_first_of("abcdef") != text.npos;
}

Language language_of_script(char32_t letter) {
  if (letter >= 0x370 && letter < 0x400) return Language::Greek;
  if (letter >= 0x400 && letter < 0x530) return Language::Russian;
  if (letter >= 0x600 && letter < 0x780) return Language::Arabic;
  if (letter >= 0x900 && letter < 0x980) return Language::Hindi;
  if (letter >= 0x1F00 && letter < 0x2000) return Language::Greek;
  return Language::English;
}

class Cutter {
 public:
  Cutter(std::u32string_view text, const std::function<void(const Piece&)>& found) : text_(text), found_(found) {}

  void cut() {
    for (std::size_t at = 0; at < text_.size() && given_ < kPiecesMax;) {
      const CharacterKind kind = kind_of(text_[at]);
      if (kind == CharacterKind::Dense) at = dense(at);
      else if (is_word(kind)) at = compound(at);
      else ++at;
    }
  }

 private:
  void give(const Piece& piece) {
    if (piece.text.empty() || given_ == kPiecesMax) return;
    ++given_;
    found_(piece);
  }

  // In lower case, at most kPieceBytes.
  std::string_view lowered(std::u32string_view part) {
    bytes_.clear();
    for (const char32_t c : part) {
      if (bytes_.size() >= kPieceBytes) break;
      if (c < 0x80) bytes_.push_back(static_cast<char>(to_lower(c)));
      else append_utf8(bytes_, to_lower(c));
    }
    return utf8_prefix(bytes_, kPieceBytes);
  }

  std::size_t word_end(std::size_t at, std::size_t end) const {
    while (at < end && is_word(kind_of(text_[at]))) ++at;
    return at;
  }

  // Words that are joined without a space; only one, mostly. Returns its end.
  std::size_t compound(std::size_t begin) {
    const std::size_t most = std::min(text_.size(), begin + kCompoundChars);
    std::size_t end = word_end(begin, text_.size());
    std::size_t words = 1;
    for (;;) {
      std::size_t next = end;
      while (next < most && next - end < kJointsMax && is_joint(next)) ++next;
      if (next == end || next >= most || !is_word(kind_of(text_[next]))) break;
      end = word_end(next, text_.size());
      ++words;
    }
    if (words == 1) {
      if (end < text_.size() && text_[end] == U'月') month(text_.substr(begin, end - begin));
      return with_sign(begin, end);
    }
    if (is_identifier(begin, end)) identifier(begin, end);
    // "2026-11-22T18:27:16Z": the day is not one word with the hour.
    const bool is_time = is_date(text_.substr(begin, end - begin)) && end - begin > kDateChars;
    parts(begin, is_time ? begin + kDateChars : end, false);
    if (is_time) parts(begin + kDateChars + 1, end, false);
    return end;
  }

  bool is_joint(std::size_t at) const {
    // "1,000": a comma joins digits only.
    if (text_[at] == U',') return at > 0 && at + 1 < text_.size() && is_digit(text_[at - 1]) && is_digit(text_[at + 1]);
    return kJoints.find(text_[at]) != kJoints.npos;
  }

  // "c++" and "c#" are names.
  std::size_t with_sign(std::size_t begin, std::size_t end) {
    const std::u32string_view behind = text_.substr(end, 3);
    const std::size_t sign = behind.starts_with(U"++") ? 2 : behind.starts_with(U"#") ? 1 : 0;
    const bool is_name = sign > 0 && end - begin <= 2 && kind_of(text_[begin]) == CharacterKind::Letter &&
                         (behind.size() == sign || !is_word(kind_of(behind[sign])));
    if (is_name) give({.kind = PieceKind::Identifier, .text = lowered(text_.substr(begin, end + sign - begin))});
    word(begin, end, is_name);
    return is_name ? end + sign : end;
  }

  bool is_identifier(std::size_t begin, std::size_t end) const {
    const std::u32string_view all = text_.substr(begin, end - begin);
    if (all.find_first_of(U"_/\\@=&") != all.npos || all.find(U"::") != all.npos) return true;
    if (all.find(U'.') != all.npos) return true;
    return all.find_first_of(U"-:,+") != all.npos && std::ranges::any_of(all, is_digit);
  }

  void identifier(std::size_t begin, std::size_t end) {
    const std::u32string_view all = text_.substr(begin, end - begin);
    if (all.find_first_not_of(U"0123456789,") == all.npos) {
      std::u32string number(all);
      std::erase(number, U',');
      return give({.kind = PieceKind::Exact, .text = lowered(number), .counts = false});
    }
    give({.kind = PieceKind::Identifier, .text = lowered(all), .counts = false});
    if (is_date(all)) {
      month(all.substr(5, 2));
      if (all.size() > kDateChars) give({.kind = PieceKind::Identifier, .text = lowered(all.substr(0, kDateChars)), .counts = false});
    }
    // The steps of a path or an address that are joined themselves: "example.com", "todo.txt".
    if (all.find_first_of(U"/@\\") == all.npos) return;
    for (std::size_t at = begin; at < end;) {
      std::size_t stop = at;
      while (stop < end && text_[stop] != U'/' && text_[stop] != U'\\' && text_[stop] != U'@') ++stop;
      const std::u32string_view step = text_.substr(at, stop - at);
      if (step.size() < all.size() && step.size() > 2 && step.substr(1, step.size() - 2).find_first_of(U"._-") != step.npos)
        give({.kind = PieceKind::Identifier, .text = lowered(step), .counts = false});
      at = stop + 1;
    }
  }

  // It begins as 2026-11-22 does.
  static bool is_date(std::u32string_view all) {
    if (all.size() < kDateChars || all[4] != U'-' || all[7] != U'-' || (all.size() > kDateChars && is_digit(all[kDateChars]))) return false;
    constexpr std::size_t digits[] = {0, 1, 2, 3, 5, 6, 8, 9};
    return std::ranges::all_of(digits, [&](std::size_t at) { return is_digit(all[at]); });
  }

  void month(std::u32string_view digits) {
    std::uint32_t number = 0;
    for (const char32_t c : digits.substr(0, 3)) number = is_digit(c) ? number * 10 + (c - U'0') : 13;
    if (number >= 1 && number <= 12 && digits.size() <= 2) give({.kind = PieceKind::Exact, .text = month_term(number), .counts = false});
  }

  void parts(std::size_t begin, std::size_t end, bool again) {
    for (std::size_t at = begin; at < end;) {
      if (!is_word(kind_of(text_[at]))) {
        ++at;
        continue;
      }
      const std::size_t stop = word_end(at, end);
      // "l'eau", "Ada's", "O'Brien": one letter at an apostrophe is no word.
      const bool clipped = stop - at == 1 && ((at > begin && text_[at - 1] == U'\'') || (stop < end && text_[stop] == U'\''));
      if (!clipped) word(at, stop, again);
      at = stop;
    }
  }

  // Letters and digits without anything between.
  void word(std::size_t begin, std::size_t end, bool again) {
    while (begin < end && kind_of(text_[begin]) == CharacterKind::Mark) ++begin;
    if (begin == end || simple_word(begin, end, again)) return;
    const std::u32string_view all = text_.substr(begin, end - begin);
    plain_word(all, again);
    if (all.size() > kPieceBytes) return;
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t stop = hump_end(all, at);
      if (at == 0 && stop == all.size()) return;
      plain_word(all.substr(at, stop - at), true);
      at = stop;
    }
  }

  // Most words: letters of ASCII, a capital only at the beginning.
  bool simple_word(std::size_t begin, std::size_t end, bool again) {
    std::array<char, kPieceBytes> bytes;
    if (end - begin > bytes.size()) return false;
    for (std::size_t i = begin; i < end; ++i) {
      const char32_t c = text_[i];
      if (!is_lower(c) && !(i == begin && is_upper(c))) return false;
      bytes[i - begin] = static_cast<char>(c | 0x20);
    }
    give({.kind = PieceKind::Word, .text = {bytes.data(), end - begin}, .counts = !again});
    return true;
  }

  // Where the next part of "getHTTPName" or "20kg" begins; "sha256" stays whole.
  static std::size_t hump_end(std::u32string_view all, std::size_t at) {
    if (is_digit(all[at])) {
      const std::size_t unit = std::min(all.find_first_not_of(U"0123456789", at), all.size());
      return all.find_first_of(U"0123456789", unit) == all.npos ? unit : all.size();
    }
    for (std::size_t i = at + 1; i < all.size(); ++i) {
      if (is_lower(all[i - 1]) && is_upper(all[i])) return i;
      if (i + 1 < all.size() && i - at > 1 && is_upper(all[i - 1]) && is_upper(all[i]) && is_lower(all[i + 1])) return i;
    }
    return all.size();
  }

  void plain_word(std::u32string_view part, bool again) {
    bool digits = false;
    bool letters = false;
    bool latin = true;
    for (const char32_t c : part) {
      digits = digits || is_digit(c);
      letters = letters || !is_digit(c);
      latin = latin && (c < 0x370 || (c >= 0x1E00 && c < 0x1F00));
    }
    std::string_view text = lowered(part);
    if (digits && !letters && text.size() == 2 && text.front() == '0') text.remove_prefix(1);
    const Language language = latin ? Language::English : language_of_script(part.front());
    give({.kind = digits ? PieceKind::Exact : PieceKind::Word, .text = text, .latin = latin, .language = language, .counts = !again});
    if (is_hash(text)) give({.kind = PieceKind::Exact, .text = text.substr(0, kHashPrefix), .counts = false});
  }

  // A run of a script without spaces: every two neighbours, a letter with its marks being one. Han also one by one.
  std::size_t dense(std::size_t begin) {
    std::size_t before = begin;
    std::size_t at = begin;
    std::size_t units = 0;
    while (at < text_.size() && kind_of(text_[at]) == CharacterKind::Dense && given_ < kPiecesMax) {
      std::size_t end = at + 1;
      while (end < text_.size() && kind_of(text_[end]) == CharacterKind::Mark) ++end;
      const std::size_t from = units == 0 ? at : before;
      const bool last = end == text_.size() || kind_of(text_[end]) != CharacterKind::Dense;
      const bool alone = units == 0 && last;
      if (is_han(text_[at])) give({.kind = PieceKind::Pair, .text = lowered(text_.substr(at, 1)), .counts = alone});
      if (units > 0 || (alone && !is_han(text_[at]))) give({.kind = PieceKind::Pair, .text = lowered(text_.substr(from, std::min(end - from, kMarkedMax * 2)))});
      before = at;
      at = end;
      ++units;
    }
    return std::max(at, begin + 1);
  }

  std::u32string_view text_;
  const std::function<void(const Piece&)>& found_;
  std::string bytes_;
  std::size_t given_ = 0;
};

}  // namespace

std::string month_term(std::uint32_t month) { return "month:" + std::to_string(month); }

void for_each_piece(std::u32string_view text, const std::function<void(const Piece&)>& found) { Cutter(text, found).cut(); }

}  // namespace zo
