// Rows shared out among tiles that are as alike as possible: 17 rows in tiles of at most 8 are 6, 6 and 5, not 8, 8 and 1, because what a
// tile unpacks is paid by its rows together. Included like float_lanes.h, within the region that names the processor.
#pragma once

#include <cstddef>

namespace zo {
namespace {

// Calls work<Count>(row) for the tile of `Count` rows at `row`; `Count` is known to the compiler.
template <std::size_t Most, class Work>
void one_tile(std::size_t count, std::size_t row, const Work& work) {
  if constexpr (Most > 0) {
    if (count == Most) work.template operator()<static_cast<int>(Most)>(row);
    else one_tile<Most - 1>(count, row, work);
  }
}

template <std::size_t Most, class Work>
void share_out(std::size_t rows, const Work& work) {
  std::size_t tiles = (rows + Most - 1) / Most;
  for (std::size_t row = 0; tiles > 0; --tiles) {
    const std::size_t count = (rows - row + tiles - 1) / tiles;
    one_tile<Most>(count, row, work);
    row += count;
  }
}

}  // namespace
}  // namespace zo
