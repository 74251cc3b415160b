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

// All alike, as in a tensor of zeros; the comparison ends at the first that is not.
template <class Wide>
EVENTCODEC_INLINE bool all_alike(const std::uint8_t* p, std::size_t n) {
  return n > 1 && std::memcmp(p, p + sizeof(Wide), (n - 1) * sizeof(Wide)) == 0;
}

// Counts blocks and takes their moments.
template <class Wide, std::size_t Copies>
class ScalarCounter {
 public:
  EVENTCODEC_INLINE explicit ScalarCounter(std::uint32_t* slots) : slots_(slots) {}

  EVENTCODEC_INLINE void add_block(const std::uint8_t* p, std::size_t n) {
    lanes_.add_block(p, n);
    if (all_alike<Wide>(p, n)) {
      slots_[slot_at(p)] += static_cast<std::uint32_t>(n);
      return;
    }
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      std::size_t slot[4];
      for (std::size_t j = 0; j < 4; ++j) slot[j] = slot_at(p + (i + j) * sizeof(Wide));
      // With several copies, equal values in a row do not wait for each other's counter.
      for (std::size_t j = 0; j < 4; ++j) ++slots_[(j % Copies) * kSlots + slot[j]];
    }
    for (; i < n; ++i) ++slots_[slot_at(p + i * sizeof(Wide))];
  }

  EVENTCODEC_INLINE void finish(std::size_t count, Moments* moments) const {
    lanes_.finish(count, moments);
  }

 private:
  EVENTCODEC_INLINE std::size_t slot_at(const std::uint8_t* p) const {
    return slot_of<Wide>(load_le<typename Key<Wide>::Bits>(p), table_);
  }

  const typename Key<Wide>::Bits* table_ = Key<Wide>::table();
  std::uint32_t* slots_;
  MomentLanes<Wide> lanes_;
};

template <class Stored, class Counter>
EVENTCODEC_INLINE void bucketize_with(Values values, std::uint32_t* slots, Moments* moments) {
  Counter counter(slots);
  for_each_block<Stored>(values,
                         [&](const std::uint8_t* p, std::size_t n) { counter.add_block(p, n); });
  counter.finish(values.count, moments);
}

template <template <class, std::size_t> class Counter>
EVENTCODEC_INLINE void bucketize_any(Values values, std::size_t copies, std::uint32_t* slots,
                                     Moments* moments) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    using Wide = typename Stored::Wide;
    if (copies == 1) {
      bucketize_with<Stored, Counter<Wide, 1>>(values, slots, moments);
    } else {
      bucketize_with<Stored, Counter<Wide, 4>>(values, slots, moments);
    }
  });
}

}  // namespace
}  // namespace eventcodec::histogram
