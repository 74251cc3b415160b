// slot_tables.h - finds the default bucket of a float by its bits: no logarithm, no comparison.
//
// A slot numbers a bucket by sign and distance from zero, so that it grows with the bits of |x|:
//   slot s in 0..773           positive bucket 774 + s             (x >= +0.0)
//   slot 774                   beyond the last edge, +inf, NaN     (in no bucket)
//   slot 776                   -0.0                                (bucket 774)
//   slot 776 + r, r in 1..774  negative bucket 774 - r
//   slot 1551                  beyond the first edge, -inf, NaN    (in no bucket)
// The slot of x is how many thresholds are <= the bits of |x|. The sign, the exponent and four bits
// of the mantissa are the key of a table; between two keys lies at most one threshold t, because
// 1 + 1/16 < 1.1. The entry (slots before << shift) + (2^shift - low bits of t) turns the
// comparison into the carry of an addition:
//   slot = (table[bits >> shift] + low bits) >> shift
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "histogram/edges.h"

namespace eventcodec::histogram {

inline constexpr std::size_t kNegativeSlots = kDefaultPowers + 2;
inline constexpr std::size_t kSlots = 2 * kNegativeSlots;

inline constexpr int kShift32 = 23 - 4;  // bits of a float32 mantissa that are not in the key
inline constexpr int kShift64 = 52 - 4;

// The tables, made at the first call; safe from many threads.
const std::uint32_t* slot_table_float32();  // 2^13 entries
const std::uint64_t* slot_table_float64();  // 2^16 entries

// How the bits of a float lead to its slot.
template <class Wide>
struct Key;
template <>
struct Key<float> {
  using Bits = std::uint32_t;
  static constexpr int kShift = kShift32;
  EVENTCODEC_INLINE static const Bits* table() { return slot_table_float32(); }
};
template <>
struct Key<double> {
  using Bits = std::uint64_t;
  static constexpr int kShift = kShift64;
  EVENTCODEC_INLINE static const Bits* table() { return slot_table_float64(); }
};

template <class Wide>
EVENTCODEC_INLINE std::size_t slot_of(typename Key<Wide>::Bits bits,
                                      const typename Key<Wide>::Bits* table) {
  using Bits = typename Key<Wide>::Bits;
  constexpr int kShift = Key<Wide>::kShift;
  constexpr Bits kLow = (Bits{1} << kShift) - 1;
  return static_cast<std::size_t>((table[bits >> kShift] + (bits & kLow)) >> kShift);
}

}  // namespace eventcodec::histogram
