// adler32_body.h - the body of every Adler-32 kernel, in vectors of the compiler (GCC and Clang):
// define EVENTCODEC_ADLER_WIDTH, the bytes of a vector, and include it in one file for one
// instruction set.
#pragma once

#include "base/bytes.h"

namespace eventcodec::png {
namespace {

constexpr std::uint32_t kAdlerModulus = 65521;  // the largest prime below 2^16
// The longest input whose sums stay below 2^32 without a reduction (RFC 1950 section 9).
constexpr std::size_t kAdlerLongest = 5552;

// 16 bits a lane, for bytes at even and odd offsets. A lane of `before` gets at most
// 2 * 255 * (0 + 1 + ... + 15) < 2^16 in kAdlerVectors.
constexpr std::size_t kAdlerWidth = EVENTCODEC_ADLER_WIDTH;
constexpr std::size_t kAdlerVectors = 16;
constexpr std::size_t kAdlerBlock = kAdlerWidth * kAdlerVectors;
constexpr std::size_t kAdlerRun = kAdlerLongest - kAdlerLongest % kAdlerBlock;
using Lanes [[gnu::vector_size(kAdlerWidth)]] = std::uint16_t;
using WideLanes [[gnu::vector_size(kAdlerWidth)]] = std::uint32_t;

// Adds neighbouring lanes.
EVENTCODEC_INLINE WideLanes pairs(Lanes lanes) {
  const auto wide = reinterpret_cast<WideLanes>(lanes);
  return (wide & 0xffff) + (wide >> 16);
}

EVENTCODEC_INLINE std::uint32_t total(WideLanes lanes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kAdlerWidth / 4; ++i) sum += lanes[i];
  return sum;
}

// Adds blocks of kAdlerBlock bytes to both sums. In a block the byte at offset i counts
// kAdlerBlock - i times in `weighted`: once for each vector after its own, times the width, and the
// rest by its offset.
EVENTCODEC_INLINE void add_blocks(const std::uint8_t* p, std::size_t blocks, std::uint32_t& plain,
                                  std::uint32_t& weighted) {
  WideLanes even_weight{};  // of the two bytes that share a lane of pairs()
  WideLanes odd_weight{};
  for (std::uint32_t i = 0; i < kAdlerWidth / 4; ++i) {
    even_weight[i] = static_cast<std::uint32_t>(kAdlerWidth) - 4 * i;
    odd_weight[i] = even_weight[i] - 1;
  }
  WideLanes sum{};
  WideLanes ramp{};
  WideLanes vectors{};
  WideLanes sums_before{};
  for (std::size_t block = 0; block < blocks; ++block, p += kAdlerBlock) {
    Lanes even{};
    Lanes odd{};
    Lanes before{};  // what `even + odd` was at each vector, summed
    for (std::size_t i = 0; i < kAdlerVectors; ++i) {
      Lanes bytes;
      __builtin_memcpy(&bytes, p + i * kAdlerWidth, kAdlerWidth);
      before += even + odd;
      even += bytes & 0xff;
      odd += bytes >> 8;
    }
    // The second lane of a pair stands two bytes further on.
    const auto second = reinterpret_cast<WideLanes>(even + odd) >> 16;
    sums_before += sum;
    sum += pairs(even) + pairs(odd);
    ramp += pairs(even) * even_weight + pairs(odd) * odd_weight - 2 * second;
    vectors += pairs(before);
  }
  const auto block_bytes = static_cast<std::uint32_t>(kAdlerBlock);
  weighted += static_cast<std::uint32_t>(blocks) * block_bytes * plain + total(ramp) +
              static_cast<std::uint32_t>(kAdlerWidth) * total(vectors) +
              block_bytes * total(sums_before);
  plain += total(sum);
}

EVENTCODEC_INLINE std::uint32_t adler32_any(std::uint32_t adler, const std::uint8_t* p,
                                            std::size_t left) {
  std::uint32_t plain = adler & 0xffff;
  std::uint32_t weighted = adler >> 16;
  while (left != 0) {
    std::size_t run = left < kAdlerRun ? left : kAdlerRun;
    left -= run;
    const std::size_t blocks = run / kAdlerBlock;
    add_blocks(p, blocks, plain, weighted);
    p += blocks * kAdlerBlock;
    for (run -= blocks * kAdlerBlock; run != 0; --run, ++p) {
      plain += *p;
      weighted += plain;
    }
    plain %= kAdlerModulus;
    weighted %= kAdlerModulus;
  }
  return (weighted << 16) | plain;
}

}  // namespace
}  // namespace eventcodec::png
