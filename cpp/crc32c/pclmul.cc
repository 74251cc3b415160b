// pclmul.cc - CRC-32C with 128-bit folding and three CRC chains at once: x86 from 2010 to about
// 2019.
#include "crc32c/pclmul.h"

#include "crc32c/fold.h"

namespace eventcodec::crc32c {
namespace {

struct Xmm {
  using Reg = __m128i;
  static constexpr std::size_t kBytes = sizeof(Reg);
  EVENTCODEC_INLINE static Reg load(const std::uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const Reg*>(p));
  }
  EVENTCODEC_INLINE static Reg first(const std::uint8_t* p, std::uint32_t state) {
    return _mm_xor_si128(load(p), _mm_cvtsi32_si128(static_cast<int>(state)));
  }
  template <std::size_t Bytes>
  EVENTCODEC_INLINE static Reg factors() {
    constexpr FoldFactors kFactors = fold_factors(Bytes);
    return load_factors(kFactors);
  }
  EVENTCODEC_INLINE static Reg fold(Reg acc, Reg factors, Reg next) {
    return fold_128(acc, factors, next);
  }
  EVENTCODEC_INLINE static __m128i to_128(Reg acc) { return acc; }
};

// Shares of the chains and the multiplier that kept both busy where it was measured (Zen 4).
using LongBlock = Fusion<Xmm, 4, 4, 32>;
using ShortBlock = Fusion<Xmm, 4, 4, 4>;

constexpr std::size_t kOneChain = 256;  // below: one CRC chain

}  // namespace

std::uint32_t extend_pclmul(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  state = step_blocks<LongBlock>(state, data, size);
  state = step_blocks<ShortBlock>(state, data, size);
  if (size >= kOneChain) return ~step_folds<Xmm, 4>(state, data, size);
  return ~step_short<sse42::Steps>(state, data, size);
}

}  // namespace eventcodec::crc32c
