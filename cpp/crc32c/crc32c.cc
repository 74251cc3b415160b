// crc32c.cc - the table of kernels, and nothing else.
#include "crc32c/crc32c.h"

#include <array>

#include "crc32c/portable.h"
#if defined(__x86_64__)
#include "crc32c/pclmul.h"
#include "crc32c/sse42.h"
#include "crc32c/vpclmul_avx2.h"
#include "crc32c/vpclmul_avx512.h"
#elif defined(__aarch64__)
#include "crc32c/armv8.h"
#endif

namespace eventcodec::crc32c {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<ExtendFn>{"vpclmul_avx512", cpu::kSse42 | cpu::kPclmul | cpu::kAvx512 | cpu::kVpclmul,
                     extend_vpclmul_avx512},
    Kernel<ExtendFn>{"vpclmul_avx2", cpu::kSse42 | cpu::kPclmul | cpu::kAvx2 | cpu::kVpclmul,
                     extend_vpclmul_avx2},
    Kernel<ExtendFn>{"pclmul", cpu::kSse42 | cpu::kPclmul, extend_pclmul},
    Kernel<ExtendFn>{"sse42", cpu::kSse42, extend_sse42},
#elif defined(__aarch64__)
    Kernel<ExtendFn>{"armv8_pmull", cpu::kArmCrc | cpu::kArmPmull, extend_armv8_pmull},
    Kernel<ExtendFn>{"armv8", cpu::kArmCrc, extend_armv8},
#endif
    Kernel<ExtendFn>{"portable", 0, extend_portable},
};

}  // namespace

std::span<const Kernel<ExtendFn>> kernels() { return kKernels; }

const Kernel<ExtendFn>& chosen() {
  static const Kernel<ExtendFn>& kernel = select(kernels());
  return kernel;
}

}  // namespace eventcodec::crc32c
