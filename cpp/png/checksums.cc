// checksums.cc - the table of CRC-32 kernels, and nothing else.
#include "png/checksums.h"

#include <array>

#include "png/checksums_portable.h"
#if defined(__x86_64__)
#include "png/crc32_pclmul.h"
#endif

namespace eventcodec::png {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<ChecksumFn>{"pclmul", cpu::kPclmul | cpu::kSse42, crc32_pclmul},
#endif
    Kernel<ChecksumFn>{"portable", 0, crc32_portable},
};

}  // namespace

std::span<const Kernel<ChecksumFn>> crc32_kernels() { return kKernels; }

const Kernel<ChecksumFn>& chosen_crc32() {
  static const Kernel<ChecksumFn>& kernel = select(crc32_kernels());
  return kernel;
}

}  // namespace eventcodec::png
