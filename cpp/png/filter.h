// filter.h - PNG's filters: each scanline becomes its difference from a prediction.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/kernel.h"
#include "png/format.h"

namespace eventcodec::png {

// Rows handed to a filter are read and written in whole vectors: kRowPadding bytes before a row are
// zero, and as many bytes after it may be read (they are zero too) and written.
inline constexpr std::size_t kRowPadding = 64;

// Filters a row of `size` bytes in every way. `distance` is the number of bytes from a sample to
// the same sample of the pixel before, 1 to 8; `prior` is the row above, zeros above the first.
// Fills candidates[f] and an estimate of its coded size in costs[f] for each filter f.
using FilterFn = void (*)(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                          std::size_t distance, std::uint8_t* const candidates[kFilters],
                          std::uint64_t costs[kFilters]);

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<FilterFn>> filter_kernels();
const Kernel<FilterFn>& chosen_filter();

}  // namespace eventcodec::png
