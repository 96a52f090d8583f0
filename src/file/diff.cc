#include "file/diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kContext = 3;
// The comparison needs a cell for each pair of lines; beyond this the differing middle is shown as one block.
constexpr std::size_t kCells = 4'000'000;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Step {
  char sign;  // ' ', '-' or '+'
  std::string_view line;
};

// The steps from `a` to `b` along a longest common subsequence.
void compare(const Lines& a, const Lines& b, std::vector<Step>& steps) {
  if (a.size() * b.size() > kCells) {
    for (std::string_view line : a) steps.push_back({'-', line});
    for (std::string_view line : b) steps.push_back({'+', line});
    return;
  }
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> common((a.size() + 1) * width);  // length for the rests from (i, j) on
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i * width + j] =
          a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      steps.push_back({' ', a[i++]});
      ++j;
    } else if (j == b.size() || (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      steps.push_back({'-', a[i++]});
    } else {
      steps.push_back({'+', b[j++]});
    }
  }
}

// All steps: what is the same at both ends needs no comparison.
std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  std::size_t front = 0;
  while (front < a.size() && front < b.size() && a[front] == b[front]) ++front;
  std::size_t back = 0;
  while (back < a.size() - front && back < b.size() - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(front), lines.end() - static_cast<std::ptrdiff_t>(back));
  };
  std::vector<Step> steps;
  for (std::size_t i = 0; i < front; ++i) steps.push_back({' ', a[i]});
  compare(middle(a), middle(b), steps);
  for (std::size_t i = a.size() - back; i < a.size(); ++i) steps.push_back({' ', a[i]});
  return steps;
}

// "12,3": the first line, from 1, and how many; an empty range names the line before it.
std::string range(std::size_t before, std::size_t count) { return fmt::format("{},{}", count == 0 ? before : before + 1, count); }

void append_hunk(std::string& out, const std::vector<Step>& steps, std::size_t begin, std::size_t end, std::size_t old_line,
                 std::size_t new_line) {
  std::size_t old_count = 0;
  std::size_t new_count = 0;
  std::string body;
  for (std::size_t i = begin; i < end; ++i) {
    old_count += steps[i].sign != '+';
    new_count += steps[i].sign != '-';
    body.push_back(steps[i].sign);
    body += steps[i].line;
    if (!steps[i].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
  }
  out += fmt::format("@@ -{} +{} @@\n{}", range(old_line, old_count), range(new_line, new_count), body);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after, std::size_t bytes_max) {
  if (before == after) return {};
  const std::vector<Step> steps = steps_between(lines_of(before), lines_of(after));
  std::string out = fmt::format("--- {}\n+++ {}\n", name, name);
  std::size_t old_line = 0;  // lines of each side before step `i`
  std::size_t new_line = 0;
  const auto pass = [&](std::size_t i) {
    old_line += steps[i].sign != '+';
    new_line += steps[i].sign != '-';
  };
  for (std::size_t i = 0; i < steps.size();) {
    std::size_t change = i;
    while (change < steps.size() && steps[change].sign == ' ') ++change;
    if (change == steps.size()) break;
    const std::size_t begin = change - std::min(change - i, kContext);
    // Changes with at most two contexts between them belong to one hunk.
    std::size_t end = change;
    for (std::size_t j = change; j < steps.size() && j <= end + 2 * kContext; ++j)
      if (steps[j].sign != ' ') end = j;
    end = std::min(end + 1 + kContext, steps.size());
    for (; i < begin; ++i) pass(i);
    append_hunk(out, steps, begin, end, old_line, new_line);
    for (; i < end; ++i) pass(i);
    if (out.size() > bytes_max) return std::string(utf8_prefix(out, bytes_max)) + "\n[… the diff goes on …]\n";
  }
  return out;
}

}  // namespace zo
