// crc32_clmul.h - CRC-32 by carry-less multiplication. An accumulator is a polynomial congruent to
// what was read; to read on it is folded: multiplied by x^n modulo the polynomial, for the n bits
// that follow, which are added. A multiplier in reflected form is that remainder shifted left by
// one (Gopal et al., "Fast CRC Computation", Intel 2009).
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::png {

std::uint32_t crc32_pclmul(std::uint32_t crc, const std::uint8_t* data, std::size_t size);
std::uint32_t crc32_vpclmul_avx512(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

struct FoldFactors {
  long long low;
  long long high;
};

// Of accumulators of 128 bits, over so many bytes.
consteval FoldFactors fold_factors(int bytes) {
  constexpr std::uint32_t kReflectedPolynomial = 0xedb88320;
  // x^bits modulo the polynomial, reflected into 33 bits.
  const auto fold_by = [](int bits) {
    std::uint32_t state = 0x80000000;  // x^0
    for (int i = 0; i < bits; ++i) {
      state = (state >> 1) ^ ((state & 1) != 0 ? kReflectedPolynomial : 0);
    }
    return static_cast<long long>(state) << 1;
  };
  // The low half of an accumulator stands 64 bits further from the end than the high half.
  return {fold_by(8 * bytes + 32), fold_by(8 * bytes - 32)};
}

}  // namespace eventcodec::png
