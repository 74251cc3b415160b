// kernel_body.h - the pass that counts into TensorFlow's buckets. Each kernel file includes it once
// and compiles it for its own instruction set; the unnamed namespace and the forced inlining keep
// the copies apart.
#pragma once

#include "histogram/bucketize.h"
#include "histogram/moment_lanes.h"
#include "histogram/slot_tables.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// With several copies, equal values in a row do not wait for each other's counter.
template <class Wide, std::size_t Copies>
EVENTCODEC_INLINE void count_block(const std::uint8_t* p, std::size_t n,
                                   const typename Key<Wide>::Bits* table, std::uint32_t* slots) {
  using Bits = typename Key<Wide>::Bits;
  // All alike, as in a tensor of zeros; the comparison ends at the first that is not.
  if (n > 1 && std::memcmp(p, p + sizeof(Wide), (n - 1) * sizeof(Wide)) == 0) {
    slots[slot_of<Wide>(load_le<Bits>(p), table)] += static_cast<std::uint32_t>(n);
    return;
  }
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    std::size_t slot[4];
    for (std::size_t j = 0; j < 4; ++j) {
      slot[j] = slot_of<Wide>(load_le<Bits>(p + (i + j) * sizeof(Wide)), table);
    }
    for (std::size_t j = 0; j < 4; ++j) ++slots[(j % Copies) * kSlots + slot[j]];
  }
  for (; i < n; ++i) ++slots[slot_of<Wide>(load_le<Bits>(p + i * sizeof(Wide)), table)];
}

template <class Stored, std::size_t Copies>
EVENTCODEC_INLINE void bucketize_stored(Values values, std::uint32_t* slots, Moments* moments) {
  using Wide = typename Stored::Wide;
  const auto* table = Key<Wide>::table();
  MomentLanes<Wide> lanes;
  for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
    count_block<Wide, Copies>(p, n, table, slots);
    lanes.add_block(p, n);
  });
  lanes.finish(values.count, moments);
}

EVENTCODEC_INLINE void bucketize_any(Values values, std::size_t copies, std::uint32_t* slots,
                                     Moments* moments) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    if (copies == 1) {
      bucketize_stored<Stored, 1>(values, slots, moments);
    } else {
      bucketize_stored<Stored, 4>(values, slots, moments);
    }
  });
}

}  // namespace
}  // namespace eventcodec::histogram
