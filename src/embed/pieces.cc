#include "embed/pieces.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "embed/composed.h"

namespace zo {
namespace {

constexpr std::string_view kWordStart = "\xE2\x96\x81";  // U+2581
constexpr char32_t kWordStartPoint = 0x2581;
constexpr double kUnknownPenalty = 10;
constexpr std::size_t kProbesMax = 512;
constexpr std::uint64_t kHashStart = 0xCBF29CE484222325u;

std::uint64_t hash_on(std::uint64_t hash, char byte) {
  hash = (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 29);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = kHashStart;
  for (const char c : text) hash = hash_on(hash, c);
  return hash;
}

// Of valid UTF-8.
std::size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

void append_character(char32_t c, std::string& out) {
  const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

}  // namespace

Result<Pieces> Pieces::of(const E5Vocabulary& words) {
  Pieces pieces(words);
  ZO_OK(pieces.index());
  return pieces;
}

// A text never becomes one of these, whatever it says.
bool Pieces::is_special(std::size_t id) const {
  return id == words_->bos || id == words_->eos || id == words_->pad || id == words_->unknown || words_->piece(id) == "<mask>";
}

Result<> Pieces::index() {
  places_.resize(std::bit_ceil(2 * words_->pieces));
  double lowest = 0;
  for (std::size_t id = 0; id < words_->pieces; ++id) {
    lowest = std::min(lowest, static_cast<double>(words_->score(id)));
    if (is_special(id)) continue;
    piece_bytes_max_ = std::max(piece_bytes_max_, words_->piece(id).size());
    ZO_OK(insert(id));
  }
  unknown_score_ = lowest - kUnknownPenalty;
  return {};
}

Result<> Pieces::insert(std::size_t id) {
  const std::string_view text = words_->piece(id);
  const std::uint64_t hash = hash_of(text);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = hash & (places_.size() - 1);
  for (std::size_t probe = 0; probe < kProbesMax; ++probe, at = (at + 1) & (places_.size() - 1)) {
    Place& place = places_[at];
    if (place.id_plus_one == 0) {
      place = {tag, static_cast<std::uint32_t>(id + 1)};
      return {};
    }
    if (place.tag == tag && words_->piece(place.id_plus_one - 1) == text) return {};  // the first of two equal ones counts
  }
  return fail(Code::Invalid, "the embedding model's pieces collide too often, first at piece " + std::to_string(id));
}

std::uint32_t Pieces::find(std::string_view text, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = hash & (places_.size() - 1);
  for (std::size_t probe = 0; probe < kProbesMax; ++probe, at = (at + 1) & (places_.size() - 1)) {
    const Place& place = places_[at];
    if (place.id_plus_one == 0) break;
    if (place.tag == tag && words_->piece(place.id_plus_one - 1) == text) return place.id_plus_one - 1;
  }
  return words_->unknown;
}

void Pieces::append_mapped(char32_t c, std::string& out, bool& space_waits) const {
  const auto append = [&](char32_t to) {
    if (to == U' ' || to == kWordStartPoint) {
      space_waits = true;
      return;
    }
    if (space_waits) out += kWordStart;
    space_waits = false;
    append_character(to, out);
  };
  const auto found = std::ranges::lower_bound(words_->mappings, static_cast<std::uint32_t>(c), {}, &E5Vocabulary::Mapping::from);
  if (found == words_->mappings.end() || found->from != c) return append(c);
  for (std::uint32_t i = 0; i < found->count; ++i) append(words_->mapped[found->begin + i]);
}

std::string Pieces::normalised(std::string_view text) const {
  std::string out;
  bool space_waits = true;
  std::vector<char32_t> part;
  while (!text.empty() && out.size() < limits::kEmbeddedTextBytes) {
    take_composed(text, part);
    for (const char32_t c : part) append_mapped(c, out, space_waits);
  }
  return out;
}

// All pieces that begin at `begin`, to which a way leads; and the character there as unknown where it is none.
void Pieces::try_pieces(std::string_view word, std::size_t begin, std::vector<Step>& steps) const {
  const double score = steps[begin].score;
  const auto offer = [&](std::size_t end, std::uint32_t id, double total) {
    Step& step = steps[end];
    if (!step.reached || total > step.score) step = {total, static_cast<std::uint32_t>(begin), id, true};
  };
  const std::size_t first = begin + character_bytes(word[begin]);
  const std::size_t last = std::min(word.size(), std::max(first, begin + piece_bytes_max_));
  std::uint64_t hash = kHashStart;
  for (std::size_t end = begin; end < last;) {
    const std::size_t next = end + character_bytes(word[end]);
    if (next > last) break;
    for (; end < next; ++end) hash = hash_on(hash, word[end]);
    const std::uint32_t id = find(word.substr(begin, end - begin), hash);
    if (id != words_->unknown) offer(end, id, score + static_cast<double>(words_->score(id)));
    else if (end == first) offer(end, id, score + unknown_score_);
  }
}

void Pieces::cut(std::string_view word, std::vector<Step>& steps, std::vector<std::uint32_t>& out) const {
  steps.assign(word.size() + 1, Step{});
  steps[0].reached = true;
  for (std::size_t begin = 0; begin < word.size(); begin += character_bytes(word[begin])) try_pieces(word, begin, steps);
  const std::size_t before = out.size();
  for (std::size_t end = word.size(); end > 0; end = steps[end].from) {
    const std::uint32_t id = steps[end].id;
    if (id != words_->unknown || out.size() == before || out.back() != id) out.push_back(id);
  }
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
}

std::vector<std::uint32_t> Pieces::encode(std::string_view text, std::size_t tokens_max) const {
  ZO_CHECK(tokens_max >= 2);
  const std::string whole = normalised(text);
  std::vector<std::uint32_t> out{words_->bos};
  std::vector<Step> steps;
  for (std::string_view rest = whole; !rest.empty() && out.size() < tokens_max;) {
    const std::string_view word = rest.substr(0, rest.find(kWordStart, kWordStart.size()));
    cut(word, steps, out);
    rest.remove_prefix(word.size());
  }
  if (out.size() > tokens_max - 1) out.resize(tokens_max - 1);
  out.push_back(words_->eos);
  return out;
}

}  // namespace zo
