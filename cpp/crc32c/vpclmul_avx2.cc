// vpclmul_avx2.cc - CRC-32C with 256-bit folding and three CRC chains at once: processors that have
// VPCLMULQDQ without AVX-512 (Zen 3, Alder Lake and later desktop parts).
#include "crc32c/vpclmul_avx2.h"

#include <immintrin.h>

#include "crc32c/fold.h"

namespace eventcodec::crc32c {
namespace {

struct Ymm {
  using Reg = __m256i;
  static constexpr std::size_t kBytes = sizeof(Reg);
  EVENTCODEC_INLINE static Reg load(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const Reg*>(p));
  }
  EVENTCODEC_INLINE static Reg first(const std::uint8_t* p, std::uint32_t state) {
    return _mm256_xor_si256(load(p),
                            _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(state))));
  }
  template <std::size_t Bytes>
  EVENTCODEC_INLINE static Reg factors() {
    constexpr FoldFactors kFactors = fold_factors(Bytes);
    return _mm256_broadcastsi128_si256(load_factors(kFactors));
  }
  EVENTCODEC_INLINE static Reg fold(Reg acc, Reg factors, Reg next) {
    const Reg low = _mm256_clmulepi64_epi128(acc, factors, 0x00);
    const Reg high = _mm256_clmulepi64_epi128(acc, factors, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(low, high), next);
  }
  EVENTCODEC_INLINE static __m128i to_128(Reg acc) {
    constexpr FoldFactors kOverOne = fold_factors(16);
    return fold_128(_mm256_castsi256_si128(acc), load_factors(kOverOne),
                    _mm256_extracti128_si256(acc, 1));
  }
};

// Shares of the chains and the multiplier that kept both busy where it was measured (Zen 4).
using LongBlock = Fusion<Ymm, 4, 4, 64>;
using ShortBlock = Fusion<Ymm, 4, 4, 4>;

constexpr std::size_t kOneChain = 256;  // below: one CRC chain

}  // namespace

std::uint32_t extend_vpclmul_avx2(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  state = step_blocks<LongBlock>(state, data, size);
  state = step_blocks<ShortBlock>(state, data, size);
  if (size >= kOneChain) return ~step_folds<Ymm, 4>(state, data, size);
  return ~step_short<sse42::Steps>(state, data, size);
}

}  // namespace eventcodec::crc32c
