#include "model/turn_reader.h"

#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

void append_utf8(unsigned code, std::string& out) {
  const auto byte = [&out](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

char plain_of(char escape) {
  switch (escape) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return escape;  // quote, backslash, slash
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void TurnReader::feed(std::string_view bytes) {
  if (whole() || broken()) return;
  watch_for_repetition(bytes);
  for (const char c : bytes) take(c);
  tell_text();
  tell_call();
}

void TurnReader::watch_for_repetition(std::string_view bytes) {
  may_repeat_ = may_repeat_ && seen_ <= again_.size() && std::string_view(again_).substr(seen_).starts_with(bytes);
  seen_ += bytes.size();
}

void TurnReader::take(char c) {
  switch (at_) {
    case At::Brace: return expect(c, '{', At::NameQuote);
    case At::NameQuote: return expect(c, '"', At::Name);
    case At::Name:
      if (c == '"') at_ = At::Colon;
      else name_ += c;
      return;
    case At::Colon: return expect(c, ':', At::Value);
    case At::Value:
      if (name_ == "reply") return expect(c, '"', At::Text);
      call_.name = name_;
      at_ = c == '{' ? At::Arguments : At::Broken;
      return take_argument(c);
    case At::Text: return take_text(c);
    case At::Escape: return take_escape(c);
    case At::Hex: return take_hex(c);
    case At::Arguments: return take_argument(c);
    case At::End: return expect(c, '}', At::Done);
    case At::Done:
    case At::Broken: return;
  }
}

void TurnReader::take_text(char c) {
  if (c == '\\') {
    at_ = At::Escape;
    return;
  }
  end_half();
  if (c == '"') at_ = At::End;
  else text_ += c;
}

void TurnReader::take_escape(char c) {
  if (c == 'u') {
    unit_ = 0;
    digits_ = 0;
    at_ = At::Hex;
    return;
  }
  end_half();
  text_ += plain_of(c);
  at_ = At::Text;
}

void TurnReader::take_hex(char c) {
  const int value = hex_value(c);
  if (value < 0) {
    at_ = At::Broken;
    return;
  }
  unit_ = unit_ * 16 + static_cast<unsigned>(value);
  if (++digits_ < 4) return;
  take_unit();
  at_ = At::Text;
}

// A code unit of UTF-16 (RFC 8259, section 7).
void TurnReader::take_unit() {
  const bool second = unit_ >= 0xdc00 && unit_ <= 0xdfff;
  if (half_ != 0 && second) {
    append_utf8(0x10000 + ((half_ - 0xd800) << 10) + (unit_ - 0xdc00), text_);
    half_ = 0;
    return;
  }
  end_half();
  if (unit_ >= 0xd800 && unit_ <= 0xdbff) half_ = unit_;
  else if (second) text_ += kReplacement;
  else append_utf8(unit_, text_);
}

// A first half without its second is no character.
void TurnReader::end_half() {
  if (half_ != 0) text_ += kReplacement;
  half_ = 0;
}

void TurnReader::take_argument(char c) {
  call_.arguments += c;
  if (escaped_) escaped_ = false;
  else if (in_string_ && c == '\\') escaped_ = true;
  else if (c == '"') in_string_ = !in_string_;
  else if (in_string_) return;
  else if (c == '{' || c == '[') ++depth_;
  else if (c == '}' || c == ']') --depth_;
  if (depth_ == 0 && at_ == At::Arguments) at_ = At::End;
}

void TurnReader::tell_text() {
  const std::size_t end = at_ == At::Text ? whole_code_points(text_).size() : text_.size();
  if (end <= told_ || is_call()) return;
  on_delta_(delta::Text{text_.substr(told_, end - told_)});
  told_ = end;
}

void TurnReader::tell_call() {
  if (!is_call() || may_repeat_ || broken()) return;
  if (!started_) on_delta_(delta::CallStart{0, call_.id, call_.name});
  started_ = true;
  const std::size_t end = whole_code_points(call_.arguments).size();
  if (end > told_) on_delta_(delta::CallArguments{0, call_.arguments.substr(told_, end - told_)});
  told_ = end;
  if (whole() && !ended_) on_delta_(delta::CallEnd{0});
  ended_ = whole();
}

}  // namespace zo
