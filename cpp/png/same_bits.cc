// same_bits.cc - the table of kernels that mark equal neighbours, and the portable one.
#include "png/same_bits.h"

#include <array>

#include "base/bytes.h"

namespace eventcodec::png {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<SameBitsFn>{"avx512", cpu::kAvx2 | cpu::kAvx512, same_bits_avx512},
    Kernel<SameBitsFn>{"avx2", cpu::kAvx2, same_bits_avx2},
#elif defined(__aarch64__)
    Kernel<SameBitsFn>{"neon", 0, same_bits_neon},  // every 64-bit ARM processor has it
#endif
    Kernel<SameBitsFn>{"portable", 0, same_bits_portable},
};

// One bit for each of eight bytes that is zero.
EVENTCODEC_INLINE std::uint64_t zero_bytes(std::uint64_t word) {
  constexpr std::uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;
  constexpr std::uint64_t kGather = 0x0102040810204080;
  // The top bit of each byte, set where the byte is zero: no carry leaves a byte.
  const std::uint64_t tops = ~(((word & kLow7) + kLow7) | word | kLow7);
  return ((tops >> 7) * kGather) >> 56;
}

}  // namespace

void same_bits_portable(const std::uint8_t* data, std::size_t count, std::uint64_t* words) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const std::uint8_t* p = data + kBitsAWord * i + 8 * k;
      bits |= zero_bytes(load_le<std::uint64_t>(p) ^ load_le<std::uint64_t>(p - 1)) << (8 * k);
    }
    words[i] = bits;
  }
}

std::span<const Kernel<SameBitsFn>> same_bits_kernels() { return kKernels; }

const Kernel<SameBitsFn>& chosen_same_bits() {
  static const Kernel<SameBitsFn>& kernel = select(same_bits_kernels());
  return kernel;
}

}  // namespace eventcodec::png
