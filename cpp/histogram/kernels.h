// kernels.h - the passes over values that exist for several instruction sets.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernel.h"
#include "histogram/moments.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

// Buckets of one width as numpy.linspace makes them, `count` of them between count + 1 strictly
// increasing edges, and how an x is led to its bucket.
struct UniformBins {
  const double* edges;
  std::int32_t count;
  double first;
  double last;
  // Buckets per unit. A product with it is off by less than kDoubt buckets; 0 where rounding may
  // be worse, so that every x must go numpy's way.
  double scale;
  // The same for products of float32, which are off by less than float_doubt buckets; 0 where they
  // are of no use.
  double float_doubt;
};
inline constexpr double kDoubt = 1e-6;

// Of kernels that never gain by counting patterns.
inline constexpr std::size_t kNeverPatterns = SIZE_MAX;

struct Passes {
  // At most 2^30 values into TensorFlow's buckets: `slots` holds `copies` (1 or 4) runs of kSlots
  // counters, to which the pass adds; values that follow each other are counted in different
  // copies.
  void (*bucketize)(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
  // From so many values of 16 bits on it is faster to count their patterns first: see patterns.h.
  std::size_t worth_patterns;
  void (*take_moments)(Values values, Moments* moments);
  // Adds to `copies` (1 or 4) runs of bins.count counters. NaN and what lies outside is not
  // counted.
  void (*count_uniform)(Values values, const UniformBins& bins, std::size_t copies,
                        std::uint64_t* counts);
  // Adds the squares and the cubes of what values differ from `mean`.
  void (*add_deviations)(Values values, double mean, double* squares, double* cubes);
  // Copies the numbers from `low` to `high` to `to`, which has room for all `count` and kSlack
  // more, and adds to `below` how many are less. Gives how many were copied.
  std::size_t (*collect)(const double* x, std::size_t count, double low, double high, double* to,
                         std::size_t* below);
  static constexpr std::size_t kSlack = 8;
  // Adds to counts[i] how many values are at least edges[i].
  void (*count_at_least32)(const float* values, std::size_t count, const float* edges,
                           std::size_t edge_count, std::uint64_t* counts);
  void (*count_at_least64)(const double* values, std::size_t count, const double* edges,
                           std::size_t edge_count, std::uint64_t* counts);
};

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<Passes>> kernels();
const Kernel<Passes>& chosen();

}  // namespace eventcodec::histogram
