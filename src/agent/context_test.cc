#include "agent/context.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace zo {
namespace {

// A question, and a call whose output of 5,000,000 bytes was kept as a head and tail.
std::vector<Message> long_output() {
  Message question{.role = Message::Role::User, .text = "how many?"};
  Message answer{.role = Message::Role::Assistant};
  ToolCall call{.call_id = "call_1", .name = "shell", .arguments = "{}", .state = CallState::Ok};
  call.output = head_and_tail(std::string(20'000, 'a'), limits::kOutputShown, 5'000'000);
  call.output_bytes = 5'000'000;
  answer.tool_calls.push_back(std::move(call));
  return {std::move(question), std::move(answer)};
}

TEST(Context, AShortenedResultNamesTheSizeOfTheWhole) {
  const auto shown = fit_context(long_output(), ModelProfile{.tool_output_bytes = 3'000}, 10'000, 0);
  ASSERT_TRUE(shown);
  EXPECT_NE(shown->messages.back().text.find("[… 4,997,000 of 5,000,000 bytes left out …]"), std::string::npos);
  const auto squeezed = fit_context(long_output(), ModelProfile{.tool_output_bytes = 3'000}, 200, 0);
  ASSERT_TRUE(squeezed) << squeezed.error().message;
  EXPECT_NE(squeezed->messages.back().text.find("[… 4,999,801 of 5,000,000 bytes left out …]"), std::string::npos) << squeezed->messages.back().text;
}

}  // namespace
}  // namespace zo
