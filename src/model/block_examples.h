// Turns that never were, shown to a small model before the conversation: they teach more than any description.
#pragma once

#include <span>
#include <string_view>

namespace zo {

struct ExampleStep {
  std::string_view word;  // of the block (ToolBlock)
  std::string_view head;
  std::string_view body;
  std::string_view result;
};

struct Example {
  std::string_view question;
  std::span<const ExampleStep> steps;
  std::string_view reply;
};

// One whose block is not offered is left out.
std::span<const Example> block_examples();

}  // namespace zo
