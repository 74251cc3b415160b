// checksums.cc - the tables of kernels, and nothing else.
#include "png/checksums.h"

#include <array>

#include "png/checksums_portable.h"
#if defined(__x86_64__)
#include "png/crc32_clmul.h"
#elif defined(__aarch64__)
#include "png/crc32_armv8.h"
#endif

namespace eventcodec::png {
namespace {

constexpr std::array kCrc32Kernels = {
#if defined(__x86_64__)
    Kernel<ChecksumFn>{"vpclmul_avx512", cpu::kAvx512 | cpu::kVpclmul | cpu::kPclmul | cpu::kSse42,
                       crc32_vpclmul_avx512},
    Kernel<ChecksumFn>{"pclmul", cpu::kPclmul | cpu::kSse42, crc32_pclmul},
#elif defined(__aarch64__)
    Kernel<ChecksumFn>{"armv8", cpu::kArmCrc, crc32_armv8},
#endif
    Kernel<ChecksumFn>{"portable", 0, crc32_portable},
};

constexpr std::array kAdler32Kernels = {
#if defined(__x86_64__)
    Kernel<ChecksumFn>{"avx512", cpu::kAvx2 | cpu::kAvx512, adler32_avx512},
    Kernel<ChecksumFn>{"avx2", cpu::kAvx2, adler32_avx2},
#endif
    Kernel<ChecksumFn>{"portable", 0, adler32_portable},
};

}  // namespace

std::span<const Kernel<ChecksumFn>> crc32_kernels() { return kCrc32Kernels; }

const Kernel<ChecksumFn>& chosen_crc32() {
  static const Kernel<ChecksumFn>& kernel = select(crc32_kernels());
  return kernel;
}

std::span<const Kernel<ChecksumFn>> adler32_kernels() { return kAdler32Kernels; }

const Kernel<ChecksumFn>& chosen_adler32() {
  static const Kernel<ChecksumFn>& kernel = select(adler32_kernels());
  return kernel;
}

}  // namespace eventcodec::png
