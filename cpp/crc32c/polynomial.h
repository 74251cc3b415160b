// polynomial.h - arithmetic modulo the CRC-32C polynomial, at compile time: every constant of every
// kernel is computed here from the polynomial, and none is written down.
//
// A CRC state is a polynomial over GF(2) of degree < 32, reflected: bit 31 is the coefficient of
// x^0. Appending n zero bits to a message multiplies its state by x^n; CRCs of parts of a message
// are joined by such multiplications. Background: Gopal et al., "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ Instruction", Intel 2009.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::crc32c {

inline constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;

constexpr std::uint32_t times_x(std::uint32_t a) {
  return (a >> 1) ^ ((a & 1) ? kReflectedPolynomial : 0);
}

constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    if (b & bit) product ^= a;
    a = times_x(a);
  }
  return product;
}

constexpr std::uint32_t power_of_x(std::uint64_t exponent) {
  std::uint32_t power = 0x80000000;   // x^0
  std::uint32_t square = 0x40000000;  // x^1
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return power;
}

// The factor that carries a state over `bytes` zero bytes when the 64-bit carry-less product is
// then reduced by one CRC step over 8 bytes: that step multiplies by x^32, and a reflected product
// of two 32-bit values stands one bit low.
constexpr std::uint64_t shift_factor(std::size_t bytes) {
  return power_of_x(8 * static_cast<std::uint64_t>(bytes) - 33);
}

// The two factors that carry a 128-bit accumulator over `bytes` bytes: for its earlier (low) half,
// which is 64 bits further from the end, and for its later half.
struct FoldFactors {
  std::uint64_t low;
  std::uint64_t high;
};
constexpr FoldFactors fold_factors(std::size_t bytes) {
  const std::uint64_t bits = 8 * static_cast<std::uint64_t>(bytes);
  return {power_of_x(bits + 31), power_of_x(bits - 33)};
}

// The values that absl and Intel's paper print for 64 and 16 bytes.
static_assert(fold_factors(64).low == 0x740eef02 && fold_factors(64).high == 0x9e4addf8);
static_assert(fold_factors(16).low == 0xf20c0dfe && fold_factors(16).high == 0x493c7d27);

// Carries a state over a fixed number of zero bytes by four look-ups, for machines without a
// carry-less multiplication: rows[k][b] is the result for byte k of the state being b. (No
// std::array: a call of its functions could leave a shared copy in a kernel's object file.)
struct ShiftTable {
  std::uint32_t rows[4][256];
};
constexpr ShiftTable make_shift_table(std::size_t bytes) {
  const std::uint32_t factor = power_of_x(8 * static_cast<std::uint64_t>(bytes));
  ShiftTable table{};
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      table.rows[k][std::size_t{1} << bit] = multiply(1u << (8 * k + bit), factor);
    }
    for (std::size_t b = 1; b < 256; ++b) {
      table.rows[k][b] = table.rows[k][b & (b - 1)] ^ table.rows[k][b & (~b + 1)];
    }
  }
  return table;
}

}  // namespace eventcodec::crc32c
