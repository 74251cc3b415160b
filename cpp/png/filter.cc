// filter.cc - the table of filter kernels, and nothing else.
#include "png/filter.h"

#include <array>

#include "png/filter_kernels.h"

namespace eventcodec::png {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<FilterFn>{"avx512", cpu::kAvx2 | cpu::kAvx512, filter_avx512},
    Kernel<FilterFn>{"avx2", cpu::kAvx2, filter_avx2},
#endif
    Kernel<FilterFn>{"portable", 0, filter_portable},
};

}  // namespace

std::span<const Kernel<FilterFn>> filter_kernels() { return kKernels; }

const Kernel<FilterFn>& chosen_filter() {
  static const Kernel<FilterFn>& kernel = select(filter_kernels());
  return kernel;
}

}  // namespace eventcodec::png
