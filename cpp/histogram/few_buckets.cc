// few_buckets.cc - counts values into a few buckets.
#include "histogram/few_buckets.h"

#include <algorithm>

#include "histogram/kernels.h"

namespace eventcodec::histogram {
namespace {

// What a bucket holds is what its left edge has on its right, less what its right edge has.
template <class T, class Pass>
void count_by(Pass pass, std::span<const T> values, std::span<const T> edges,
              std::span<double> counts) {
  std::uint64_t beyond[kFewBuckets] = {};
  const std::size_t inner = counts.size() - 1;
  pass(values.data(), values.size(), edges.data() + 1, inner, beyond);
  std::uint64_t at_least = values.size();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = static_cast<double>(at_least - beyond[i]);
    at_least = beyond[i];
  }
}

}  // namespace

void count_few(std::span<const float> values, std::span<const float> edges,
               std::span<double> counts) {
  count_by(chosen().fn.count_at_least32, values, edges, counts);
}

void count_few(std::span<const double> values, std::span<const double> edges,
               std::span<double> counts) {
  count_by(chosen().fn.count_at_least64, values, edges, counts);
}

}  // namespace eventcodec::histogram
