// few_buckets.cc - counts values into a few buckets.
#include "histogram/few_buckets.h"

#include <algorithm>

namespace eventcodec::histogram {
namespace {

// Stays in the first-level cache while every edge is compared with it, and its counts fit the
// integers that are as wide as the values.
constexpr std::size_t kBlock = 4096;

template <class T, class Count>
void count_blocks(std::span<const T> values, std::span<const T> edges, std::span<double> counts) {
  std::fill(counts.begin(), counts.end(), 0.0);
  for (std::size_t from = 0; from < values.size(); from += kBlock) {
    const auto block = values.subspan(from, std::min(kBlock, values.size() - from));
    auto at_least = static_cast<Count>(block.size());  // edges[i]
    for (std::size_t i = 0; i != counts.size(); ++i) {
      Count beyond = 0;
      if (i + 1 != counts.size()) {
        const T edge = edges[i + 1];
        for (const T value : block) beyond += static_cast<Count>(value >= edge);
      }
      counts[i] += static_cast<double>(at_least - beyond);
      at_least = beyond;
    }
  }
}

}  // namespace

void count_few(std::span<const float> values, std::span<const float> edges,
               std::span<double> counts) {
  count_blocks<float, std::int32_t>(values, edges, counts);
}

void count_few(std::span<const double> values, std::span<const double> edges,
               std::span<double> counts) {
  count_blocks<double, std::int64_t>(values, edges, counts);
}

}  // namespace eventcodec::histogram
