// kernels.cc - the table of kernels, and nothing else.
#include "histogram/kernels.h"

#include <array>

#include "histogram/kernel_entries.h"

namespace eventcodec::histogram {
namespace {

// The fold of the patterns takes some 40 microseconds.
constexpr std::size_t kWorthPatterns = 100'000;

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<Passes>{
        "avx512",
        cpu::kAvx2 | cpu::kAvx512,
        {bucketize_avx512, kNeverPatterns, take_moments_avx512, count_uniform_avx512,
         add_deviations_avx512, collect_avx512, count_at_least32_avx512, count_at_least64_avx512}},
    Kernel<Passes>{
        "avx2",
        cpu::kAvx2,
        {bucketize_avx2, kWorthPatterns, take_moments_avx2, count_uniform_avx2, add_deviations_avx2,
         collect_avx2, count_at_least32_avx2, count_at_least64_avx2}},
#endif
    Kernel<Passes>{"portable",
                   0,
                   {bucketize_portable, kWorthPatterns, take_moments_portable,
                    count_uniform_portable, add_deviations_portable, collect_portable,
                    count_at_least32_portable, count_at_least64_portable}},
};

}  // namespace

std::span<const Kernel<Passes>> kernels() { return kKernels; }

const Kernel<Passes>& chosen() {
  static const Kernel<Passes>& kernel = select(kernels());
  return kernel;
}

}  // namespace eventcodec::histogram
