// filter_kernels.h - the kernels of filter.h; each compiles filter_rows.h for its instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "png/format.h"

namespace eventcodec::png {

void filter_portable(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                     std::size_t distance, std::uint8_t* const candidates[kFilters],
                     std::uint64_t costs[kFilters]);
void filter_avx2(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                 std::size_t distance, std::uint8_t* const candidates[kFilters],
                 std::uint64_t costs[kFilters]);
void filter_avx512(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                   std::size_t distance, std::uint8_t* const candidates[kFilters],
                   std::uint64_t costs[kFilters]);

}  // namespace eventcodec::png
