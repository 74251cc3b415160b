// same_bits_avx2.cc - marks equal neighbours in vectors of 32 bytes.
#include <immintrin.h>

#include "png/same_bits.h"

namespace eventcodec::png {
namespace {

inline std::uint64_t compare(const std::uint8_t* p) {
  const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i before = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p - 1));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(here, before)));
}

}  // namespace

void same_bits_avx2(const std::uint8_t* data, std::size_t count, std::uint64_t* words) {
  for (std::size_t i = 0; i < count; ++i, data += kBitsAWord) {
    words[i] = compare(data) | (compare(data + 32) << 32);
  }
}

}  // namespace eventcodec::png
