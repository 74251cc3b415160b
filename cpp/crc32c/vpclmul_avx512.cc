// vpclmul_avx512.cc - CRC-32C with 512-bit folding and three CRC chains at once: Ice Lake, Zen 4
// and later. Short input never touches a 512-bit register, whose first use slows some processors
// down.
#include "crc32c/vpclmul_avx512.h"

#include <immintrin.h>

#include "crc32c/fold.h"

namespace eventcodec::crc32c {
namespace {

// Zero-masking forms with full masks where GCC 12 warns about the plain ones (its bug 105593).
struct Zmm {
  using Reg = __m512i;
  static constexpr std::size_t kBytes = sizeof(Reg);
  EVENTCODEC_INLINE static Reg load(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  EVENTCODEC_INLINE static Reg first(const std::uint8_t* p, std::uint32_t state) {
    return _mm512_xor_si512(load(p),
                            _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(state))));
  }
  template <std::size_t Bytes>
  EVENTCODEC_INLINE static Reg factors() {
    constexpr FoldFactors kFactors = fold_factors(Bytes);
    return _mm512_maskz_broadcast_i32x4(0xffff, load_factors(kFactors));
  }
  EVENTCODEC_INLINE static Reg fold(Reg acc, Reg factors, Reg next) {
    constexpr int kXorOfThree = 0x96;
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(acc, factors, 0x00),
                                     _mm512_clmulepi64_epi128(acc, factors, 0x11), next,
                                     kXorOfThree);
  }
  // Lanes 0, 1, 2 are carried over the 48, 32, 16 bytes that follow them and added to lane 3.
  EVENTCODEC_INLINE static __m128i to_128(Reg acc) {
    constexpr FoldFactors kOver1 = fold_factors(16);
    constexpr FoldFactors kOver2 = fold_factors(32);
    constexpr FoldFactors kOver3 = fold_factors(48);
    const __m128i from0 = fold_128(lane<0>(acc), load_factors(kOver3), lane<3>(acc));
    const __m128i from1 = fold_128(lane<1>(acc), load_factors(kOver2), from0);
    return fold_128(lane<2>(acc), load_factors(kOver1), from1);
  }
  template <int I>
  EVENTCODEC_INLINE static __m128i lane(Reg acc) {
    return _mm512_maskz_extracti32x4_epi32(0xff, acc, I);
  }
};

// Shares of the chains and the multiplier that kept both busy where it was measured (Zen 4).
using LongBlock = Fusion<Zmm, 4, 4, 128>;
using ShortBlock = Fusion<Zmm, 4, 4, 32>;

constexpr std::size_t kOneChain = 256;  // below: one CRC chain

}  // namespace

std::uint32_t extend_vpclmul_avx512(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  state = step_blocks<LongBlock>(state, data, size);
  state = step_blocks<ShortBlock>(state, data, size);
  if (size >= kOneChain) return ~step_folds<Zmm, 4>(state, data, size);
  return ~step_short<sse42::Steps>(state, data, size);
}

}  // namespace eventcodec::crc32c
