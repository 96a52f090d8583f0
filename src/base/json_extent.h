// Where one JSON object ends, without reading what is in it: for bytes that come in pieces.
#pragma once

#include <string_view>

namespace zo {

class JsonExtent {
 public:
  void feed(std::string_view bytes) {
    for (const char c : bytes) take(c);
  }
  // Nothing but white space so far.
  bool blank() const { return !begun_; }
  // One object from its first brace to its last, and nothing but white space around it.
  bool whole() const { return begun_ && depth_ == 0 && !wrong_; }

 private:
  void take(char c) {
    if (in_string_) {
      if (escaped_) escaped_ = false;
      else if (c == '\\') escaped_ = true;
      else if (c == '"') in_string_ = false;
      return;
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return;
    if (depth_ == 0) {
      wrong_ = wrong_ || begun_ || c != '{';
      begun_ = true;
    }
    if (c == '{' || c == '[') ++depth_;
    else if (c == '}' || c == ']') --depth_;
    else if (c == '"') in_string_ = true;
    wrong_ = wrong_ || depth_ < 0;
  }

  int depth_ = 0;
  bool begun_ = false;
  bool wrong_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace zo
