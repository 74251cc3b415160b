// armv8.cc - CRC-32C with the CRC instructions of 64-bit ARM alone: three chains joined by tables.
#include "crc32c/armv8.h"

#include "crc32c/inline_armv8.h"

namespace eventcodec::crc32c {
namespace {

constexpr ShiftTable kOverShort = make_shift_table(kShortBlock);
constexpr ShiftTable kOverTwoShort = make_shift_table(2 * kShortBlock);
constexpr ShiftTable kOverLong = make_shift_table(kLongBlock);
constexpr ShiftTable kOverTwoLong = make_shift_table(2 * kLongBlock);

struct Isa : armv8::Steps {
  template <std::size_t Bytes>
  EVENTCODEC_INLINE static std::uint32_t shift(std::uint32_t state) {
    if constexpr (Bytes == kShortBlock) return shift_by_table(kOverShort, state);
    if constexpr (Bytes == 2 * kShortBlock) return shift_by_table(kOverTwoShort, state);
    if constexpr (Bytes == kLongBlock) return shift_by_table(kOverLong, state);
    if constexpr (Bytes == 2 * kLongBlock) return shift_by_table(kOverTwoLong, state);
  }
};

}  // namespace

std::uint32_t extend_armv8(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  return ~step_any<Isa>(~crc, data, size);
}

}  // namespace eventcodec::crc32c
