// mask.h - the masked form of a CRC that records store.
// A checksum computed over data that itself holds checksums is weak, and records hold records (a
// tensor may be an event file). So the stored value is rotated and offset. The rule is
// TensorFlow's (core/lib/hash/crc32c.h).
#pragma once

#include "base/bytes.h"

namespace eventcodec::crc32c {

inline constexpr std::uint32_t kMaskDelta = 0xa282ead8;

// Always inlined and without std::rotr, so that kernels of any instruction set may use it.
EVENTCODEC_INLINE constexpr std::uint32_t mask(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

}  // namespace eventcodec::crc32c
