// portable.cc - the histogram kernels for every machine; the others are tested against them.
#include "histogram/few_body.h"
#include "histogram/kernel_body.h"
#include "histogram/kernel_entries.h"
#include "histogram/uniform_body.h"

namespace eventcodec::histogram {

void bucketize_portable(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments) {
  bucketize_any<ScalarCounter>(values, copies, slots, moments);
}

void take_moments_portable(Values values, Moments* moments) { take_moments_any(values, moments); }

void count_uniform_portable(Values values, const UniformBins& bins, std::size_t copies,
                            std::uint64_t* counts) {
  count_uniform_any(values, bins, copies, counts);
}

void add_deviations_portable(Values values, double mean, double* squares, double* cubes) {
  add_deviations_any(values, mean, squares, cubes);
}

void count_at_least32_portable(const float* values, std::size_t count, const float* edges,
                               std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

void count_at_least64_portable(const double* values, std::size_t count, const double* edges,
                               std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

std::size_t collect_portable(const double* x, std::size_t count, double low, double high,
                             double* to, std::size_t* below) {
  // Always written, and kept where it is in range: no branch to be mispredicted.
  double* end = to;
  std::size_t less = 0;
  for (std::size_t i = 0; i < count; ++i) {
    *end = x[i];
    end += (x[i] >= low) & (x[i] <= high) ? 1 : 0;
    less += x[i] < low ? 1 : 0;
  }
  *below += less;
  return static_cast<std::size_t>(end - to);
}

}  // namespace eventcodec::histogram
