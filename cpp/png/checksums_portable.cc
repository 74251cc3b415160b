// checksums_portable.cc - CRC-32 eight bytes at a time, Adler-32 in blocks of sixteen vectors.
#include "png/checksums_portable.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "png/checksums.h"

namespace eventcodec::png {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0xedb88320;
constexpr std::uint32_t kAdlerModulus = 65521;  // the largest prime below 2^16
// The longest input whose sums stay below 2^32 without a reduction (RFC 1950 section 9).
constexpr std::size_t kAdlerRun = 5552;

// Adler-32 in vectors of the compiler (GCC and Clang): 16 bits a lane, for bytes at even and odd
// offsets. A lane of `before` gets at most 2 * 255 * (0 + 1 + ... + 15) < 2^16 in kAdlerVectors.
constexpr std::size_t kAdlerWidth = 16;
constexpr std::size_t kAdlerVectors = 16;
constexpr std::size_t kAdlerBlock = kAdlerWidth * kAdlerVectors;
using Lanes [[gnu::vector_size(kAdlerWidth)]] = std::uint16_t;

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// table[0][b] is the state after byte b, table[k][b] after b and k zero bytes.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) {
      state = (state >> 1) ^ ((state & 1) ? kReflectedPolynomial : 0);
    }
    table[0][byte] = state;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t state = table[k - 1][byte];
      table[k][byte] = (state >> 8) ^ table[0][state & 0xff];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

// Adds kAdlerBlock bytes to both sums. The byte at offset i counts kAdlerBlock - i times in
// `weighted`: once for each vector after its own, times the width, and the rest by its offset.
EVENTCODEC_INLINE void add_block(const std::uint8_t* p, std::uint32_t& plain,
                                 std::uint32_t& weighted) {
  Lanes even{};
  Lanes odd{};
  Lanes before{};  // what `even + odd` was at each vector, summed
  for (std::size_t i = 0; i < kAdlerVectors; ++i) {
    Lanes bytes;
    std::memcpy(&bytes, p + i * kAdlerWidth, kAdlerWidth);
    before += even + odd;
    even += bytes & 0xff;
    odd += bytes >> 8;
  }
  std::uint32_t sum = 0;
  std::uint32_t ramp = 0;
  std::uint32_t vectors = 0;
  for (std::uint32_t lane = 0; lane < kAdlerWidth / 2; ++lane) {
    constexpr auto kWidth = static_cast<std::uint32_t>(kAdlerWidth);
    sum += std::uint32_t{even[lane]} + odd[lane];
    ramp += (kWidth - 2 * lane) * even[lane] + (kWidth - 2 * lane - 1) * odd[lane];
    vectors += before[lane];
  }
  weighted += static_cast<std::uint32_t>(kAdlerBlock) * plain + ramp +
              static_cast<std::uint32_t>(kAdlerWidth) * vectors;
  plain += sum;
}

}  // namespace

std::uint32_t crc32_portable(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  for (; size >= 8; size -= 8, data += 8) {
    const std::uint64_t word = load_le<std::uint64_t>(data) ^ state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kTable[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; size != 0; --size, ++data) state = (state >> 8) ^ kTable[0][(state ^ *data) & 0xff];
  return ~state;
}

std::uint32_t adler32(std::uint32_t adler, ByteView data) {
  std::uint32_t plain = adler & 0xffff;
  std::uint32_t weighted = adler >> 16;
  const std::uint8_t* p = data.data();
  std::size_t left = data.size();
  while (left != 0) {
    std::size_t run = std::min(left, kAdlerRun);
    left -= run;
    for (; run >= kAdlerBlock; run -= kAdlerBlock, p += kAdlerBlock) {
      add_block(p, plain, weighted);
    }
    for (; run != 0; --run, ++p) {
      plain += *p;
      weighted += plain;
    }
    plain %= kAdlerModulus;
    weighted %= kAdlerModulus;
  }
  return (weighted << 16) | plain;
}

}  // namespace eventcodec::png
