// Which lines of a text are code, as Markdown marks it (CommonMark, 4.5): fences of backticks or tildes.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace zo {

class CodeLines {
 public:
  bool inside() const { return length_ > 0; }

  // A whole line, without its end.
  void line(std::string_view text) {
    const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(indent);
    const char sign = text.empty() ? '\0' : text.front();
    if (indent > 3 || (sign != '`' && sign != '~')) return;
    const std::size_t length = std::min(text.find_first_not_of(sign), text.size());
    const std::string_view behind = trim(text.substr(length));
    if (!inside()) {
      const bool is_fence = length >= 3 && (sign == '~' || behind.find('`') == behind.npos);
      if (is_fence) sign_ = sign, length_ = length;
    } else if (sign == sign_ && length >= length_ && behind.empty()) {
      length_ = 0;
    }
  }

 private:
  char sign_ = '\0';
  std::size_t length_ = 0;  // of the fence that is open; 0: none
};

}  // namespace zo
