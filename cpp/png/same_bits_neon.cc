// same_bits_neon.cc - marks equal neighbours in vectors of 16 bytes. The portable kernel is integer
// arithmetic, which compilers do not turn into vectors.
#include <arm_neon.h>

#include "png/same_bits.h"

namespace eventcodec::png {
namespace {

// In each byte the bit of its place among eight, where it is equal to the byte before.
inline uint8x16_t compare(const std::uint8_t* p, uint8x16_t bit) {
  return vandq_u8(vceqq_u8(vld1q_u8(p), vld1q_u8(p - 1)), bit);
}

}  // namespace

void same_bits_neon(const std::uint8_t* data, std::size_t count, std::uint64_t* words) {
  constexpr std::uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bit = vld1q_u8(kBits);
  for (std::size_t i = 0; i < count; ++i, data += kBitsAWord) {
    // Sums of neighbours, three times: bytes of two, of four, of eight bits.
    const uint8x16_t low = vpaddq_u8(compare(data, bit), compare(data + 16, bit));
    const uint8x16_t high = vpaddq_u8(compare(data + 32, bit), compare(data + 48, bit));
    const uint8x16_t fours = vpaddq_u8(low, high);
    words[i] = vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
  }
}

}  // namespace eventcodec::png
