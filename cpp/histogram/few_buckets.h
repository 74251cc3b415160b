// few_buckets.h - counts values into a few buckets by comparing each value with each edge: no
// branches and no look-ups, a register of values at a time.
#pragma once

#include <cstdint>
#include <span>

namespace eventcodec::histogram {

// More edges than this are looked up faster.
inline constexpr std::size_t kFewBuckets = 32;

// counts[i] = how many values are at least edges[i] and less than edges[i + 1]; the last bucket has
// its right edge, too. There are 1 to kFewBuckets counts and one edge more, which rise and enclose
// all values, none of which is NaN.
void count_few(std::span<const float> values, std::span<const float> edges,
               std::span<double> counts);
void count_few(std::span<const double> values, std::span<const double> edges,
               std::span<double> counts);

}  // namespace eventcodec::histogram
