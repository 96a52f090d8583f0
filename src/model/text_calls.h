// Calls that a model has written into its text, in the notation of its own template, because its server did not read them: <tool_call>,
// <function=…>, a bare JSON object, the marks of Mistral and DeepSeek. They count when nothing but calls follows, and each names a tool
// that was offered, with what that needs. A text that merely mentions such marks stays a text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/code_lines.h"
#include "model/model.h"

namespace zo {

// The offered tool that a model means by "functions.shell", "shell<|channel|>commentary" or "Shell"; the name as it is when it is none.
std::string offered_name(std::string_view name, std::span<const OfferedTool> offered);

class TextCalls {
 public:
  // Without tools everything is text. They outlive it.
  explicit TextCalls(std::span<const OfferedTool> offered) : tools_(offered), is_off_(offered.empty()) {}

  // What is text for sure; the rest is held back.
  std::string feed(std::string_view piece);
  struct Rest {
    std::string text;  // as it came; of no use where there are calls
    std::vector<ModelCall> calls;  // without ids
    bool is_notation = false;      // `text` begins with a mark and what belongs inside, whole or not
    bool is_cut = false;           // and it was cut off
  };
  // `cut`: the answer ended at its token limit, so what has no end was cut off.
  Rest finish(bool cut = false);
  // The answer begins only now. Gives back what was held.
  std::string restart();

 private:
  void pass(std::size_t bytes, std::string& out);

  std::span<const OfferedTool> tools_;
  std::string held_;
  bool is_off_ = false;
  bool holds_ = false;       // from a mark on
  bool at_start_ = true;     // of the answer
  bool line_start_ = true;
  std::string line_;         // that was passed on, so far
  CodeLines code_;           // there everything is text
};

}  // namespace zo
