// crc32_armv8.cc - CRC-32 with the instructions of 64-bit ARM, which know PNG's polynomial. One
// chain: eight bytes in two or three cycles, where deflate takes more than that for each byte.
#include "png/crc32_armv8.h"

#include <arm_acle.h>

#include "base/bytes.h"

namespace eventcodec::png {

std::uint32_t crc32_armv8(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  for (; size >= 8; size -= 8, data += 8) state = __crc32d(state, load_le<std::uint64_t>(data));
  for (; size != 0; --size, ++data) state = __crc32b(state, *data);
  return ~state;
}

}  // namespace eventcodec::png
