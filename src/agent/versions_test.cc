#include "agent/versions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace zo {
namespace {

MessageId message(std::string_view name) { return MessageId::stored(fmt::format("{:.<26}", name)); }
RunId run(std::string_view name) { return RunId::stored(fmt::format("{:.<26}", name)); }

// "u1 r1, a1 r1": messages in order, each with its run.
std::vector<PlacedMessage> said(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
  std::vector<PlacedMessage> messages;
  for (const auto& [id, of] : all) messages.push_back({message(id), run(of), static_cast<std::int64_t>(messages.size() + 1)});
  return messages;
}

std::string story(const std::vector<std::vector<MessageId>>& versions) {
  std::string text;
  for (const auto& version : versions) {
    for (const MessageId& id : version) text += std::string(id.text().substr(0, id.text().find('.'))) + " ";
    text += "· ";
  }
  return text;
}

TEST(Versions, AnEditTakesAllBehindItAway) {
  const Versions found = versions_of(said({{"u1", "r1"}, {"a1", "r1"}, {"u2", "r2"}, {"a2", "r2"}, {"u3", "r3"}, {"a3", "r3"}}), {{run("r3"), 1}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(story(found.at(message("u3"))), "u1 a1 u2 a2 · ");
}

TEST(Versions, AFollowingQuestionIsNoVersionOfTheOneBefore) {
  // u2 was said behind a1, u3 in the place of u2, u4 in the place of u1.
  const Versions found = versions_of(said({{"u1", "r1"}, {"a1", "r1"}, {"u2", "r2"}, {"u3", "r3"}, {"u4", "r4"}}), {{run("r3"), 3}, {run("r4"), 1}});
  EXPECT_EQ(story(found.at(message("u4"))), "u1 a1 u3 · ");
  EXPECT_FALSE(found.contains(message("u1")));
}

TEST(Versions, EachNewAnswerHasAllEarlierOnesBehindIt) {
  const Versions found = versions_of(said({{"u1", "r1"}, {"a1", "r1"}, {"a2", "r2"}, {"b2", "r2"}, {"a3", "r3"}}), {{run("r2"), 2}, {run("r3"), 2}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(story(found.at(message("a3"))), "a1 · a2 b2 · ");
}

TEST(Versions, ARunThatSaidNothingLeavesNoHole) {
  const Versions found = versions_of(said({{"u1", "r1"}, {"a1", "r1"}}), {{run("r2"), 2}});
  EXPECT_TRUE(found.empty());
}

TEST(Versions, TheOldestGiveWay) {
  std::vector<PlacedMessage> messages;
  Cuts cuts;
  for (std::size_t i = 0; i < limits::kVersionsKept + 5; ++i) {
    const std::string name = std::to_string(i);
    messages.push_back({message("u" + name), run("r" + name), static_cast<std::int64_t>(i + 1)});
    if (i > 0) cuts.emplace(run("r" + name), 1);
  }
  const Versions found = versions_of(messages, cuts);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->second.size(), limits::kVersionsKept);
  EXPECT_EQ(found.begin()->second.front().front(), message("u4"));
}

}  // namespace
}  // namespace zo
