#include "file/diff.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace zo {
namespace {

TEST(Diff, ShowsChangesWithContextInHunks) {
  std::string before;
  for (int i = 1; i <= 30; ++i) before += fmt::format("{}\n", i);
  std::string after = before;
  after.replace(after.find("\n2\n"), 3, "\ntwo\n");
  after.replace(after.find("\n25\n"), 4, "\n");
  EXPECT_EQ(unified_diff("f", before, after, 10'000),
            "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -22,7 +22,6 @@\n 22\n 23\n 24\n-25\n 26\n 27\n 28\n");
  EXPECT_EQ(unified_diff("f", "a", "a", 100), "");
  EXPECT_EQ(unified_diff("f", "", "x\n", 100), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+x\n");
  EXPECT_EQ(unified_diff("f", "a", "b\n", 100), "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n");
  EXPECT_LT(unified_diff("f", "", before + before + before, 100).size(), 200u);
}

// What a patch program would make of `before`.
std::string patched(const std::string& before, const std::string& diff) {
  std::vector<std::string_view> old_lines = split(before, '\n');
  std::string out;
  std::size_t at = 0;
  for (std::string_view line : split(diff, '\n')) {
    if (line.starts_with("@@")) {
      const std::size_t begin = std::stoul(std::string(line.substr(4)));
      const bool none_before = line.substr(4, line.find(' ', 4) - 4).ends_with(",0");
      while (at + (none_before ? 0 : 1) < begin) out.append(old_lines[at++]).push_back('\n');
    } else if (line.starts_with("---") || line.starts_with("+++") || line.empty()) {
      continue;
    } else if (line[0] == '-') {
      ++at;
    } else {
      out.append(line.substr(1)).push_back('\n');
      if (line[0] == ' ') ++at;
    }
  }
  while (at + 1 < old_lines.size()) out.append(old_lines[at++]).push_back('\n');
  return out;
}

RC_GTEST_PROP(Diff, TurnsOneTextIntoTheOther, ()) {
  const auto text = [] {
    std::string lines;
    for (const int line : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6))) lines += fmt::format("l{}\n", line);
    return lines;
  };
  const std::string before = text();
  const std::string after = text();
  RC_ASSERT(patched(before, unified_diff("f", before, after, 1'000'000)) == after);
}

}  // namespace
}  // namespace zo
