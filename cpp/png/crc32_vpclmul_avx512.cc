// crc32_vpclmul_avx512.cc - the same as crc32_pclmul.cc in vectors of 64 bytes.
#include <immintrin.h>

#include "base/bytes.h"
#include "png/checksums_portable.h"
#include "png/crc32_clmul.h"

namespace eventcodec::png {
namespace {

constexpr int kLane = 16;
constexpr int kVector = 64;
constexpr std::size_t kStride = 4 * kVector;

template <int bytes>
EVENTCODEC_INLINE __m512i factors() {
  constexpr FoldFactors kFactors = fold_factors(bytes);
  return _mm512_set_epi64(kFactors.high, kFactors.low, kFactors.high, kFactors.low, kFactors.high,
                          kFactors.low, kFactors.high, kFactors.low);
}

EVENTCODEC_INLINE __m512i fold(__m512i lanes, __m512i multipliers, __m512i next) {
  constexpr int kXorOfThree = 0x96;
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(lanes, multipliers, 0x00),
                                   _mm512_clmulepi64_epi128(lanes, multipliers, 0x11), next,
                                   kXorOfThree);
}

}  // namespace

std::uint32_t crc32_vpclmul_avx512(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  if (size < 2 * kStride) return crc32_pclmul(crc, data, size);
  const __m512i by_stride = factors<kStride>();
  const __m512i by_vector = factors<kVector>();
  const __m512i state = _mm512_maskz_set1_epi32(1, static_cast<int>(~crc));
  __m512i a = _mm512_xor_si512(_mm512_loadu_si512(data), state);
  __m512i b = _mm512_loadu_si512(data + kVector);
  __m512i c = _mm512_loadu_si512(data + 2 * kVector);
  __m512i d = _mm512_loadu_si512(data + 3 * kVector);
  for (data += kStride, size -= kStride; size >= kStride; data += kStride, size -= kStride) {
    a = fold(a, by_stride, _mm512_loadu_si512(data));
    b = fold(b, by_stride, _mm512_loadu_si512(data + kVector));
    c = fold(c, by_stride, _mm512_loadu_si512(data + 2 * kVector));
    d = fold(d, by_stride, _mm512_loadu_si512(data + 3 * kVector));
  }
  a = fold(fold(fold(a, by_vector, b), by_vector, c), by_vector, d);
  for (; size >= kVector; data += kVector, size -= kVector) {
    a = fold(a, by_vector, _mm512_loadu_si512(data));
  }
  // The four lanes of the accumulator are as what they stand for: bytes from a zero state on. The
  // table's interface is complemented on both sides.
  alignas(kVector) std::uint8_t rest[kVector];
  _mm512_store_si512(rest, a);
  return crc32_portable(crc32_portable(0xffffffff, rest, kVector), data, size);
}

}  // namespace eventcodec::png
