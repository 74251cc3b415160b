// avx512.cc - the histogram kernels for x86-64 with AVX-512.
#include <immintrin.h>

#include "histogram/few_body.h"
#include "histogram/kernel_body.h"
#include "histogram/kernel_entries.h"
#include "histogram/slots_avx512.h"
#include "histogram/uniform_body.h"

namespace eventcodec::histogram {

void bucketize_avx512(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments) {
  bucketize_any<BlockCounter>(values, copies, slots, moments);
}

void take_moments_avx512(Values values, Moments* moments) { take_moments_any(values, moments); }

void count_uniform_avx512(Values values, const UniformBins& bins, std::size_t copies,
                          std::uint64_t* counts) {
  count_uniform_any(values, bins, copies, counts);
}

void add_deviations_avx512(Values values, double mean, double* squares, double* cubes) {
  add_deviations_any(values, mean, squares, cubes);
}

void count_at_least32_avx512(const float* values, std::size_t count, const float* edges,
                             std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

void count_at_least64_avx512(const double* values, std::size_t count, const double* edges,
                             std::size_t edge_count, std::uint64_t* counts) {
  count_at_least_any(values, count, edges, edge_count, counts);
}

std::size_t collect_avx512(const double* x, std::size_t count, double low, double high, double* to,
                           std::size_t* below) {
  const __m512d lows = _mm512_set1_pd(low);
  const __m512d highs = _mm512_set1_pd(high);
  double* end = to;
  std::size_t less = 0;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512d values = _mm512_loadu_pd(x + i);
    const __mmask8 under = _mm512_cmp_pd_mask(values, lows, _CMP_LT_OQ);
    const __mmask8 over = _mm512_cmp_pd_mask(values, highs, _CMP_GT_OQ);
    const unsigned inside = 0xffu & ~(static_cast<unsigned>(under) | over);
    // In a register first: a compressing store is slow on some processors.
    _mm512_storeu_pd(end, _mm512_maskz_compress_pd(static_cast<__mmask8>(inside), values));
    end += __builtin_popcount(inside);
    less += static_cast<unsigned>(__builtin_popcount(under));
  }
  *below += less;
  const auto found = static_cast<std::size_t>(end - to);
  return found + collect_portable(x + i, count - i, low, high, end, below);
}

}  // namespace eventcodec::histogram
