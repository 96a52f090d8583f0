#include "vault/redact.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kForUrls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The characters that `text` alone decides when it stands `before` bytes (0 to 2) behind a multiple of three.
std::string base64_within(std::string_view text, std::size_t before, std::string_view alphabet) {
  std::string out;
  const std::size_t first_bit = before * 8;
  const std::size_t end_bit = first_bit + text.size() * 8;
  for (std::size_t bit = (first_bit + 5) / 6 * 6; bit + 6 <= end_bit; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const std::size_t at = i - first_bit;
      value = value << 1 | (static_cast<unsigned char>(text[at / 8]) >> (7 - at % 8) & 1u);
    }
    out += alphabet[value];
  }
  return out;
}

std::string hex(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) out += upper ? fmt::format("{:02X}", static_cast<unsigned char>(c)) : fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

bool is_unreserved(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~").find(c) != std::string_view::npos; }

// `everything`: plain characters, too, as some tools do.
std::string percent(std::string_view text, bool upper, bool everything) {
  std::string out;
  for (const char c : text) {
    if (!everything && is_unreserved(c)) out += c;
    else out += "%" + hex({&c, 1}, upper);
  }
  return out;
}

// Without the quotation marks. `slashes`: "\/" for "/", as some writers do.
std::string json_escaped(std::string_view text, bool slashes) {
  const std::string quoted = boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  std::string out;
  for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
    if (slashes && c == '/') out += '\\';
    out += c;
  }
  return out;
}

// Every character as \u00XX.
std::string json_numbered(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) out += "\\u00" + hex({&c, 1}, upper);
  return out;
}

// Each, and whether tools break it into lines.
std::map<std::string, bool> forms_of(const std::string& text) {
  std::map<std::string, bool> forms;
  const auto insert = [&forms](std::string form, bool wraps = false) { forms.try_emplace(std::move(form), wraps); };
  for (const std::string& form : {text, json_escaped(text, false), json_escaped(text, true)}) insert(form);
  for (const bool upper : {false, true}) {
    insert(hex(text, upper), true);
    insert(json_numbered(text, upper));
    for (const bool everything : {false, true}) insert(percent(text, upper, everything));
  }
  for (const std::size_t before : {0u, 1u, 2u})
    for (const std::string_view alphabet : {kStandard, kForUrls}) {
      const std::string within = base64_within(text, before, alphabet);
      insert(within, true);
      insert(json_escaped(within, true));
      insert(percent(within, true, false));
    }
  return forms;
}

std::size_t octet(char c) { return static_cast<unsigned char>(c); }

// How far `form` reaches in `rest`, line breaks left out of account.
struct Stretch {
  std::size_t length = 0;  // 0: it does not stand there
  bool is_cut = false;     // what is left may be its beginning
};
Stretch stretch_of(std::string_view form, std::string_view rest) {
  std::size_t matched = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == form[matched]) {
      if (++matched == form.size()) return {i + 1, false};
    } else if (matched == 0 || (rest[i] != '\n' && rest[i] != '\r')) {
      return {};
    }
  }
  return {0, true};
}

}  // namespace

Redactor::Redactor(const std::vector<NamedSecret>& secrets) {
  std::set<std::string> known;
  for (const NamedSecret& secret : secrets) {
    if (secret.text.size() < kRedactedBytesLeast) continue;
    for (const auto& [form, wraps] : forms_of(secret.text))
      if (form.size() >= kRedactedBytesLeast && known.insert(form).second) forms_.push_back({form, fmt::format("‹key {}›", secret.name), wraps});
  }
  std::ranges::sort(forms_, [](const Form& a, const Form& b) {
    return a.text.front() != b.text.front() ? octet(a.text.front()) < octet(b.text.front()) : a.text.size() > b.text.size();
  });
  for (const Form& form : forms_) ++begin_[octet(form.text.front()) + 1];
  for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] = begin_[i] + begin_[i - 1];
}

Redactor::Found Redactor::at(std::string_view rest) const {
  Found found;
  const std::size_t first = octet(rest.front());
  for (std::size_t i = begin_[first]; i < begin_[first + 1]; ++i) {
    const Form& form = forms_[i];
    if (form.wraps) {
      const Stretch stretch = stretch_of(form.text, rest);
      found.may_go_on = found.may_go_on || stretch.is_cut;
      if (stretch.length > found.length) std::tie(found.form, found.length) = std::tuple(&form, stretch.length);
    } else if (form.text.size() > rest.size()) {
      found.may_go_on = found.may_go_on || form.text.starts_with(rest);
    } else if (form.text.size() > found.length && rest.starts_with(form.text)) {
      std::tie(found.form, found.length) = std::tuple(&form, form.text.size());
    }
  }
  return found;
}

std::string Redactor::redact(std::string_view text) const {
  if (empty()) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view plain = plain_beginning(text);
    out += plain;
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    const Found found = at(text);
    const Form* const form = found.form;
    if (form != nullptr) out += form->label;
    else out += text.front();
    text.remove_prefix(form != nullptr ? found.length : 1);
  }
  return out;
}

std::string_view Redactor::plain_beginning(std::string_view text) const {
  const auto begins_one = [&](char c) { return begin_[octet(c)] != begin_[octet(c) + 1]; };
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if(text, begins_one) - text.begin()));
}

std::string RedactedStream::push(std::string_view piece) {
  if (redactor_->empty()) return std::string(piece);
  held_ += piece;
  return take(false);
}

std::string RedactedStream::finish() { return take(true); }

std::string RedactedStream::take(bool ends) {
  std::string out;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const std::string_view plain = redactor_->plain_beginning(rest);
    out += plain;
    rest.remove_prefix(plain.size());
    if (rest.empty()) break;
    const Redactor::Found found = redactor_->at(rest);
    if (found.may_go_on && !ends) break;
    if (found.form != nullptr) out += found.form->label;
    else out += rest.front();
    rest.remove_prefix(found.form != nullptr ? found.length : 1);
  }
  held_.erase(0, held_.size() - rest.size());
  return out;
}

}  // namespace zo
