// count_edges.h - counts values between any edges, exactly as numpy.histogram does for the same
// values as float64, and takes their moments.
#pragma once

#include <cstdint>
#include <span>

#include "histogram/bucketize.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

inline constexpr std::size_t kMaxBuckets = std::size_t{1} << 30;

enum class Spacing : std::uint8_t {
  kUniform,  // made by numpy.linspace; strictly increasing and finite
  kAny,      // never decreasing, no NaN
};

// Adds to counts[i] how many values lie in [edges[i], edges[i + 1]), with both edges in the last
// bucket. There are one value and two edges at least, and one edge more than counts, of which there
// are at most kMaxBuckets. Never allocates; safe from many threads.
void count_between(Values values, std::span<const double> edges, Spacing spacing,
                   std::span<std::uint64_t> counts, Moments* moments);

}  // namespace eventcodec::histogram
