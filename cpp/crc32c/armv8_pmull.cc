// armv8_pmull.cc - CRC-32C of 64-bit ARM: three CRC chains joined by carry-less multiplications.
#include <arm_neon.h>

#include "crc32c/armv8.h"
#include "crc32c/inline_armv8.h"

namespace eventcodec::crc32c {
namespace {

struct Isa : armv8::Steps {
  template <std::size_t Bytes>
  EVENTCODEC_INLINE static std::uint32_t shift(std::uint32_t state) {
    constexpr std::uint64_t kFactor = shift_factor(Bytes);
    const poly128_t product = vmull_p64(state, kFactor);
    const std::uint64_t low = vgetq_lane_u64(vreinterpretq_u64_p128(product), 0);
    return static_cast<std::uint32_t>(step8(0, low));
  }
};

}  // namespace

std::uint32_t extend_armv8_pmull(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  return ~step_any<Isa>(~crc, data, size);
}

}  // namespace eventcodec::crc32c
