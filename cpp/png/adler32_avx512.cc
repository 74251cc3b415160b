// adler32_avx512.cc - Adler-32 in vectors of 64 bytes.
#define EVENTCODEC_ADLER_WIDTH 64
#include "png/adler32_body.h"
#include "png/checksums.h"

namespace eventcodec::png {

std::uint32_t adler32_avx512(std::uint32_t adler, const std::uint8_t* data, std::size_t size) {
  return adler32_any(adler, data, size);
}

}  // namespace eventcodec::png
