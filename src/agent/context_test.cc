#include "agent/context.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/dice.h"
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

Result<Context> fit(std::vector<Message> messages, const ModelProfile& profile, std::int64_t tokens_max) {
  return build_context({}, messages, profile, tokens_max, 0);
}

TEST(Context, AShortenedResultNamesTheSizeOfTheWhole) {
  const auto shown = fit(long_output(), ModelProfile{.tool_output_bytes = 3'000}, 10'000);
  ASSERT_TRUE(shown);
  EXPECT_NE(shown->messages.back().text.find("[… 4,997,000 of 5,000,000 bytes left out …]"), std::string::npos);
  const auto squeezed = fit(long_output(), ModelProfile{.tool_output_bytes = 3'000}, 200);
  ASSERT_TRUE(squeezed) << squeezed.error().message;
  EXPECT_NE(squeezed->messages.back().text.find("[… 4,999,801 of 5,000,000 bytes left out …]"), std::string::npos) << squeezed->messages.back().text;
}

// As it is said: by rendering everything anew for every turn that is left out.
Result<Context> fit_plainly(const std::vector<Message>& messages, const ModelProfile& profile, std::int64_t tokens_max) {
  const auto cost = [](const Context& context) {
    std::int64_t tokens = estimate_tokens(std::string_view());
    for (const ModelMessage& message : context.messages) tokens += estimate_tokens(message);
    return tokens;
  };
  for (std::size_t begin = 0;;) {
    Context context;
    context.left_out = static_cast<std::int64_t>(begin);
    for (std::size_t i = begin; i < messages.size(); ++i) append_model_messages(messages[i], profile.tool_output_bytes, context.messages);
    if (cost(context) <= tokens_max) return context;
    std::size_t next = begin + 1;
    while (next < messages.size() && messages[next].role != Message::Role::User) ++next;
    if (next < messages.size()) {
      begin = next;
      continue;
    }
    for (std::size_t shortened = 0; shortened < context.messages.size(); ++shortened) {
      if (context.messages[shortened].role != ModelMessage::Role::Tool) continue;
      std::vector<ModelMessage> short_ones;
      for (std::size_t i = begin; i < messages.size(); ++i) append_model_messages(messages[i], 200, short_ones);
      context.messages[shortened].text = short_ones[shortened].text;
      if (cost(context) <= tokens_max) return context;
    }
    return fail(Code::Exhausted, "too long");
  }
}

RC_GTEST_PROP(ContextProperty, LeavesOutAndShortensAsItIsSaid, (std::uint64_t seed)) {
  SeededDice dice(seed);
  std::vector<Message> messages;
  for (std::uint64_t turns = 1 + dice.below(12); turns > 0; --turns) {
    messages.push_back({.role = Message::Role::User, .text = std::string(dice.below(900), 'u')});
    for (std::uint64_t steps = dice.below(4); steps > 0; --steps) {
      Message& answer = messages.emplace_back(Message{.role = Message::Role::Assistant, .text = std::string(dice.below(400), 'a')});
      for (std::uint64_t calls = dice.below(3); calls > 0; --calls) {
        ToolCall call{.call_id = fmt::format("call_{}", calls), .name = "shell", .arguments = "{}", .state = CallState::Ok};
        call.output = std::string(dice.below(3'000), 'o');
        call.output_bytes = static_cast<std::int64_t>(call.output.size());
        answer.tool_calls.push_back(std::move(call));
      }
    }
  }
  const ModelProfile profile{.tool_output_bytes = 1'000};
  const auto room = static_cast<std::int64_t>(dice.below(3'000));
  const auto plain = fit_plainly(messages, profile, room);
  // Also when it is asked again, with estimates that were kept.
  for (int i = 0; i < 2; ++i) {
    const auto fitted = build_context({}, messages, profile, room, 0);
    RC_ASSERT(fitted.has_value() == plain.has_value());
    if (!plain) continue;
    RC_ASSERT(fitted->left_out == plain->left_out);
    RC_ASSERT(fitted->messages.size() == plain->messages.size());
    for (std::size_t at = 0; at < plain->messages.size(); ++at) RC_ASSERT(fitted->messages[at].text == plain->messages[at].text);
  }
}

TEST(Context, SectionsStandInTheirOrderAndTheLeastGiveWay) {
  std::vector<Message> messages{{.role = Message::Role::User, .text = "hi"}};
  const std::vector<ContextSection> sections{{.name = "system", .text = "You are Zo."},
                                             {.name = "skills", .text = std::string(900, 's'), .priority = 2},
                                             {.name = "memories", .text = std::string(900, 'm'), .tokens_max = 100, .priority = 1},
                                             {.name = "instructions", .text = "Speak French.", .whose = ContextSection::Whose::Clients}};
  const auto all = build_context(sections, messages, {}, 10'000, 0);
  EXPECT_EQ(all->system, "You are Zo.\n\n" + std::string(900, 's') + "\n\n" + std::string(300, 'm'));
  EXPECT_EQ(all->instructions, "Speak French.");
  const auto some = build_context(sections, messages, {}, 1'500, 0);
  EXPECT_EQ(some->system, "You are Zo.\n\n" + std::string(900, 's'));
  EXPECT_EQ(some->sections_left_out, std::vector<std::string>{"memories"});
  const auto few = build_context(sections, messages, {}, 800, 0);
  EXPECT_EQ(few->system, "You are Zo.");
  EXPECT_EQ(few->sections_left_out, (std::vector<std::string>{"memories", "skills"}));
}

TEST(Context, AWindowThatTheToolsAloneFillIsSaidToBeTooSmall) {
  std::vector<Message> messages{{.role = Message::Role::User, .text = "hi"}};
  const std::vector<ContextSection> sections{{.name = "system", .text = "You are Zo."}, {.name = "memories", .text = "Tea.", .priority = 1}};
  const auto none = build_context(sections, messages, {.name = "here/tiny"}, -500, 0);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "this message needs about 8 tokens, more than the 0 that here/tiny can take");
}

TEST(Context, ASectionWithoutATextTakesNothing) {
  std::vector<Message> messages{{.role = Message::Role::User, .text = "hi"}};
  const std::vector<ContextSection> sections{{.name = "system", .text = "You are Zo."},
                                             {.name = "summary", .text = "", .priority = 1},
                                             {.name = "memories", .text = std::string(294, 'm'), .priority = 2}};
  EXPECT_EQ(build_context(sections, messages, {}, 424, 0)->system, "You are Zo.\n\n" + std::string(294, 'm'));
  const auto less = build_context(sections, messages, {}, 420, 0);
  EXPECT_EQ(less->system, "You are Zo.");
  EXPECT_EQ(less->sections_left_out, std::vector<std::string>{"memories"});
}

}  // namespace
}  // namespace zo
