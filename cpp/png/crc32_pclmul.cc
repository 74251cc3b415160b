// crc32_pclmul.cc - four 16-byte accumulators are folded over 64 bytes at a time, then into one,
// which stands for all that was read; the portable table reduces it.
#include <immintrin.h>

#include "png/checksums_portable.h"
#include "png/crc32_clmul.h"

namespace eventcodec::png {
namespace {

constexpr std::size_t kLane = 16;
constexpr std::size_t kStride = 4 * kLane;

inline __m128i load(const std::uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

inline __m128i fold(__m128i lane, __m128i multipliers, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, multipliers, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, multipliers, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

}  // namespace

std::uint32_t crc32_pclmul(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  if (size < 2 * kStride) return crc32_portable(crc, data, size);
  constexpr FoldFactors kByStride = fold_factors(kStride);
  constexpr FoldFactors kByLane = fold_factors(kLane);
  const __m128i by_stride = _mm_set_epi64x(kByStride.high, kByStride.low);
  const __m128i by_lane = _mm_set_epi64x(kByLane.high, kByLane.low);
  __m128i a = _mm_xor_si128(load(data), _mm_cvtsi32_si128(static_cast<int>(~crc)));
  __m128i b = load(data + kLane);
  __m128i c = load(data + 2 * kLane);
  __m128i d = load(data + 3 * kLane);
  for (data += kStride, size -= kStride; size >= kStride; data += kStride, size -= kStride) {
    a = fold(a, by_stride, load(data));
    b = fold(b, by_stride, load(data + kLane));
    c = fold(c, by_stride, load(data + 2 * kLane));
    d = fold(d, by_stride, load(data + 3 * kLane));
  }
  a = fold(fold(fold(a, by_lane, b), by_lane, c), by_lane, d);
  // The accumulator already holds the initial state, so the table starts from a zero state; its
  // interface is complemented on both sides.
  alignas(kLane) std::uint8_t rest[kLane];
  _mm_store_si128(reinterpret_cast<__m128i*>(rest), a);
  return crc32_portable(crc32_portable(0xffffffff, rest, kLane), data, size);
}

}  // namespace eventcodec::png
