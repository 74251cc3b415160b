// avx2.cc - the histogram kernels for x86-64 with AVX2.
#include <immintrin.h>

#include "histogram/few_body.h"
#include "histogram/kernel_body.h"
#include "histogram/kernel_entries.h"
#include "histogram/uniform_body.h"

namespace eventcodec::histogram {

void bucketize_avx2(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments) {
  bucketize_any<ScalarCounter>(values, copies, slots, moments);
}

void take_moments_avx2(Values values, Moments* moments) { take_moments_any(values, moments); }

void count_uniform_avx2(Values values, const UniformBins& bins, std::size_t copies,
                        std::uint64_t* counts) {
  count_uniform_any(values, bins, copies, counts);
}

void add_deviations_avx2(Values values, double mean, double* squares, double* cubes) {
  add_deviations_any(values, mean, squares, cubes);
}

void count_at_least32_avx2(const float* values, std::size_t count, const float* edges,
                           std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

void count_at_least64_avx2(const double* values, std::size_t count, const double* edges,
                           std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

std::size_t collect_avx2(const double* x, std::size_t count, double low, double high, double* to,
                         std::size_t* below) {
  // Which halves of a register its lanes in range take, for each set of lanes.
  alignas(32) static constexpr std::int32_t kOrder[16][8] = {
      {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 4, 5, 6, 7},
      {0, 1, 2, 3, 4, 5, 6, 7}, {4, 5, 0, 1, 2, 3, 6, 7}, {0, 1, 4, 5, 2, 3, 6, 7},
      {2, 3, 4, 5, 0, 1, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {6, 7, 0, 1, 2, 3, 4, 5},
      {0, 1, 6, 7, 2, 3, 4, 5}, {2, 3, 6, 7, 0, 1, 4, 5}, {0, 1, 2, 3, 6, 7, 4, 5},
      {4, 5, 6, 7, 0, 1, 2, 3}, {0, 1, 4, 5, 6, 7, 2, 3}, {2, 3, 4, 5, 6, 7, 0, 1},
      {0, 1, 2, 3, 4, 5, 6, 7}};
  const __m256d lows = _mm256_set1_pd(low);
  const __m256d highs = _mm256_set1_pd(high);
  double* end = to;
  std::size_t less = 0;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256d values = _mm256_loadu_pd(x + i);
    const int under = _mm256_movemask_pd(_mm256_cmp_pd(values, lows, _CMP_LT_OQ));
    const int over = _mm256_movemask_pd(_mm256_cmp_pd(values, highs, _CMP_GT_OQ));
    const unsigned inside = 15u & ~static_cast<unsigned>(under | over);
    const __m256i order = _mm256_load_si256(reinterpret_cast<const __m256i*>(kOrder[inside]));
    const __m256i front = _mm256_permutevar8x32_epi32(_mm256_castpd_si256(values), order);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(end), front);
    end += __builtin_popcount(inside);
    less += static_cast<unsigned>(__builtin_popcount(static_cast<unsigned>(under)));
  }
  *below += less;
  const auto found = static_cast<std::size_t>(end - to);
  return found + collect_portable(x + i, count - i, low, high, end, below);
}

}  // namespace eventcodec::histogram
