// What embedding costs: CPU ms a text for every kernel that runs here, and the scan of int8 vectors.
//
//   zo-embedder-bench [FILE]     the weights; default $ZO_EMBEDDER_FILE, then where tools/embedder.sh puts them
#include <fmt/core.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "embed/e5_model.h"
#include "embed/weights_place.h"

namespace {

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::string words(std::size_t count) {
  static constexpr std::string_view kWords[] = {"The", "recommended", "protein", "intake", "for", "adult", "women", "is", "about", "grams",
                                                "every", "day", "and", "somewhat", "more", "while", "they", "train", "or", "travel"};
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += std::string(i == 0 ? "" : " ") + std::string(kWords[i % std::size(kWords)]);
  return out;
}

// The median of up to two seconds, and the least: other work on the machine makes the difference.
std::string times_ms(const zo::E5Model& model, const std::string& text, zo::E5Model::Kind kind) {
  std::vector<double> times;
  for (double began = cpu_ms(); times.size() < 5 || (cpu_ms() - began < 2'000 && times.size() < 201);) {
    const double start = cpu_ms();
    (void)model.embed(text, kind);
    times.push_back(cpu_ms() - start);
  }
  std::ranges::sort(times);
  return fmt::format("{:.2f} (least {:.2f})", times[times.size() / 2], times.front());
}

void scan(const zo::Kernels& kernels) {
  constexpr std::size_t kRows = 100'000;
  std::vector<std::int8_t> rows(kRows * zo::kEmbeddingDimensions);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int8_t>(static_cast<int>(i * 2'654'435'761u >> 24) % 127);
  std::int64_t sum = 0;
  const double start = cpu_ms();
  for (std::size_t i = 0; i < kRows; ++i)
    sum += kernels.dot_i8(rows.data(), rows.data() + i * zo::kEmbeddingDimensions, zo::kEmbeddingDimensions);
  fmt::print("  {:<9} scan of 100,000 int8 vectors {:6.2f} ms ({})\n", kernels.name, cpu_ms() - start, sum);
}

}  // namespace

int main(int count, char** arguments) {
  using Kind = zo::E5Model::Kind;
  const std::string path = count > 1 ? arguments[1] : zo::embedder_weights_place();
  for (const zo::Kernels* kernels : zo::available_kernels()) {
    const double start = cpu_ms();
    const auto model = zo::E5Model::open(path, *kernels);
    if (!model) {
      fmt::print(stderr, "{}\n", zo::sentence(model.error()));
      return 1;
    }
    const double opened = cpu_ms() - start;
    const zo::E5Model& e5 = **model;
    fmt::print("{:<9} CPU ms: open {:.1f}", kernels->name, opened);
    const struct { std::size_t count; Kind kind; std::string_view name; } texts[] = {
        {10, Kind::Query, "10-word query"}, {20, Kind::Passage, "20 words"}, {100, Kind::Passage, "100 words"}};
    for (const auto& text : texts)
      fmt::print(", {} ({} tokens) {}", text.name, e5.tokens(words(text.count), text.kind).size(), times_ms(e5, words(text.count), text.kind));
    fmt::print("\n");
    scan(*kernels);
  }
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  fmt::print("peak memory {} MB\n", use.ru_maxrss / 1000);
}
