// filter_avx512.cc - filters in vectors of 64 bytes.
#include "png/filter_kernels.h"
#define EVENTCODEC_FILTER_WIDTH 64
#include "png/filter_rows.h"

namespace eventcodec::png {

void filter_avx512(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                   std::size_t distance, std::uint8_t* const candidates[kFilters],
                   std::uint64_t costs[kFilters]) {
  Filters::run(row, prior, size, distance, candidates, costs);
}

}  // namespace eventcodec::png
