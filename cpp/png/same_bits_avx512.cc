// same_bits_avx512.cc - marks equal neighbours in vectors of 64 bytes.
#include <immintrin.h>

#include "png/same_bits.h"

namespace eventcodec::png {

void same_bits_avx512(const std::uint8_t* data, std::size_t count, std::uint64_t* words) {
  for (std::size_t i = 0; i < count; ++i, data += kBitsAWord) {
    words[i] = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(data), _mm512_loadu_si512(data - 1));
  }
}

}  // namespace eventcodec::png
