// buckets.cc - trims and merges counted buckets.
#include "histogram/buckets.h"

#include <algorithm>

namespace eventcodec::histogram {

Buckets trim(Buckets buckets) {
  const auto& counts = buckets.counts;
  std::size_t first = 0;
  while (first < counts.size() && counts[first] == 0.0) ++first;
  if (first == counts.size()) return {};
  std::size_t end = counts.size();
  while (counts[end - 1] == 0.0) --end;
  return {buckets.edges.subspan(first, end - first + 1), counts.subspan(first, end - first)};
}

std::size_t merge_neighbours(std::size_t max_buckets, std::span<double> edges,
                             std::span<double> counts) {
  if (counts.size() <= max_buckets) return counts.size();
  const std::size_t group = counts.size() / max_buckets;
  std::size_t merged = 0;
  for (std::size_t begin = 0; begin < counts.size(); begin += group, ++merged) {
    const std::size_t end = std::min(begin + group, counts.size());
    double count = 0.0;
    for (std::size_t i = begin; i < end; ++i) count += counts[i];
    counts[merged] = count;
    edges[merged] = edges[begin];
  }
  edges[merged] = edges.back();
  return merged;
}

}  // namespace eventcodec::histogram
