// filter_avx2.cc - filters in vectors of 32 bytes.
#include "png/filter_kernels.h"
#define EVENTCODEC_FILTER_WIDTH 32
#include "png/filter_rows.h"

namespace eventcodec::png {

void filter_avx2(const std::uint8_t* row, const std::uint8_t* prior, std::size_t size,
                 std::size_t distance, std::uint8_t* const candidates[kFilters],
                 std::uint64_t costs[kFilters]) {
  Filters::run(row, prior, size, distance, candidates, costs);
}

}  // namespace eventcodec::png
