// count_edges.h - counts values between any edges, exactly as numpy.histogram does for the same
// values as float64.
#pragma once

#include <cstdint>
#include <span>

#include "histogram/kernels.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

inline constexpr std::size_t kMaxBuckets = std::size_t{1} << 30;

// Adds to counts[i] how many values lie in [edges[i], edges[i + 1]), with both edges in the last
// bucket. There are one value and two edges at least, never decreasing and not NaN, and one edge
// more than counts, of which there are at most kMaxBuckets. Never allocates; safe from many
// threads.
void count_between(Values values, std::span<const double> edges, std::span<std::uint64_t> counts);

// The edges of edges.size() - 1 buckets of one width from `first` to `last`, as numpy.linspace
// makes them. Where they are too close for float64 some may be equal.
void fill_uniform_edges(double first, double last, std::span<double> edges);

// What the passes are told of such edges, which increase strictly and are borrowed.
UniformBins uniform_bins(std::span<const double> edges);

// The same as count_between for such edges.
void count_uniform(Values values, std::span<const double> edges, std::span<std::uint64_t> counts);

}  // namespace eventcodec::histogram
