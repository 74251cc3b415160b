// inline_armv8.h - the CRC instructions of 64-bit ARM, inlined into kernels. Only files compiled
// with -march=armv8-a+crc (added with eventcodec_kernel) may include this.
#pragma once

#if !defined(__ARM_FEATURE_CRC32)
#error "only a kernel compiled with -march=armv8-a+crc may include this"
#endif

#include <arm_acle.h>

#include "crc32c/chains.h"

namespace eventcodec::crc32c::armv8 {

struct Steps {
  EVENTCODEC_INLINE static std::uint64_t step8(std::uint64_t state, std::uint64_t word) {
    return __crc32cd(static_cast<std::uint32_t>(state), word);
  }
  EVENTCODEC_INLINE static std::uint32_t step4(std::uint32_t state, std::uint32_t word) {
    return __crc32cw(state, word);
  }
  EVENTCODEC_INLINE static std::uint32_t step2(std::uint32_t state, std::uint16_t word) {
    return __crc32ch(state, word);
  }
  EVENTCODEC_INLINE static std::uint32_t step1(std::uint32_t state, std::uint8_t byte) {
    return __crc32cb(state, byte);
  }
};

// The CRC of the eight little-endian bytes of `value`: of a record's length field.
EVENTCODEC_INLINE std::uint32_t crc_u64(std::uint64_t value) {
  return ~__crc32cd(0xffffffff, value);
}

// The CRC of `size` bytes: right for any size, best below 256, where one chain is as fast as three.
EVENTCODEC_INLINE std::uint32_t crc_short(const std::uint8_t* data, std::size_t size) {
  return ~step_short<Steps>(0xffffffff, data, size);
}

}  // namespace eventcodec::crc32c::armv8
