// inline_sse42.h - CRC-32C of short runs, inlined into kernels of this folder and of others.
// A call through a pointer costs more than the checksum of a scalar record. Only files compiled
// with -msse4.2 (added with eventcodec_kernel) may include this; everything is always inlined, so
// that no copy of it is shared with files compiled without.
#pragma once

#if !defined(__SSE4_2__)
#error "only a kernel compiled with -msse4.2 may include this"
#endif

#include <nmmintrin.h>

#include "crc32c/chains.h"

namespace eventcodec::crc32c::sse42 {

struct Steps {
  EVENTCODEC_INLINE static std::uint64_t step8(std::uint64_t state, std::uint64_t word) {
    return _mm_crc32_u64(state, word);
  }
  EVENTCODEC_INLINE static std::uint32_t step4(std::uint32_t state, std::uint32_t word) {
    return _mm_crc32_u32(state, word);
  }
  EVENTCODEC_INLINE static std::uint32_t step2(std::uint32_t state, std::uint16_t word) {
    return _mm_crc32_u16(state, word);
  }
  EVENTCODEC_INLINE static std::uint32_t step1(std::uint32_t state, std::uint8_t byte) {
    return _mm_crc32_u8(state, byte);
  }
};

// The CRC of the eight little-endian bytes of `value`: of a record's length field.
EVENTCODEC_INLINE std::uint32_t crc_u64(std::uint64_t value) {
  return ~static_cast<std::uint32_t>(_mm_crc32_u64(0xffffffff, value));
}

// The CRC of `size` bytes: right for any size, best below 256, where one chain is as fast as three.
EVENTCODEC_INLINE std::uint32_t crc_short(const std::uint8_t* data, std::size_t size) {
  return ~step_short<Steps>(0xffffffff, data, size);
}

}  // namespace eventcodec::crc32c::sse42
