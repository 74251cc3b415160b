// fold.h - CRC-32C of long input by carry-less multiplication, for vectors of any width.
// An accumulator is a polynomial congruent to what was read; to read on, it is multiplied by x^n
// (two multiplications per 128 bits, no reduction) and the next vector is added. Several
// accumulators hide the multiplier's latency; the CRC instruction, which runs on another port,
// takes a share of long input at the same time ("fusion", after Peter Cawley's fast-crc32).
//
// A Vector is a struct of static, always inlined functions: Reg, kBytes, load(p), first(p, state)
// (a load with the state added to its first bytes), factors<Bytes>(), fold(acc, factors, next) and
// to_128(acc). Everything here is inlined into the kernel that includes it.
#pragma once

#include <wmmintrin.h>

#include "crc32c/inline_sse42.h"
#include "crc32c/polynomial.h"

namespace eventcodec::crc32c {

EVENTCODEC_INLINE __m128i load_factors(FoldFactors factors) {
  return _mm_set_epi64x(static_cast<long long>(factors.high), static_cast<long long>(factors.low));
}

EVENTCODEC_INLINE __m128i fold_128(__m128i acc, __m128i factors, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(acc, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(acc, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

EVENTCODEC_INLINE std::uint32_t state_of(__m128i acc) {
  const std::uint64_t half = _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(acc)));
  const __m128i late = _mm_unpackhi_epi64(acc, acc);
  return static_cast<std::uint32_t>(
      _mm_crc32_u64(half, static_cast<std::uint64_t>(_mm_cvtsi128_si64(late))));
}

// The product of a state and shift_factor(Bytes); xors of such products are reduced by one step8.
template <std::size_t Bytes>
EVENTCODEC_INLINE __m128i shifted(std::uint64_t state) {
  constexpr std::uint64_t kFactor = shift_factor(Bytes);
  return _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(state)),
                              _mm_cvtsi64_si128(static_cast<long long>(kFactor)), 0x00);
}

// Adds neighbouring accumulators pairwise until one is left: log2(N) latencies instead of N.
template <class Vector, int N>
EVENTCODEC_INLINE typename Vector::Reg join(typename Vector::Reg* acc) {
  if constexpr (N > 1) {
    const auto factors = Vector::template factors<Vector::kBytes>();
    typename Vector::Reg pair[N / 2];
#pragma GCC unroll 8
    for (int i = 0; i < N / 2; ++i) pair[i] = Vector::fold(acc[2 * i], factors, acc[2 * i + 1]);
    if constexpr (N == 2) return pair[0];
    if constexpr (N == 4) {
      return Vector::fold(pair[0], Vector::template factors<2 * Vector::kBytes>(), pair[1]);
    }
    if constexpr (N == 8) {
      const auto by_two = Vector::template factors<2 * Vector::kBytes>();
      return Vector::fold(Vector::fold(pair[0], by_two, pair[1]),
                          Vector::template factors<4 * Vector::kBytes>(),
                          Vector::fold(pair[2], by_two, pair[3]));
    }
  } else {
    return acc[0];
  }
}

// `size` >= N * Vector::kBytes, any. The odd bytes at the front take a CRC chain.
template <class Vector, int N>
EVENTCODEC_INLINE std::uint32_t step_folds(std::uint32_t state, const std::uint8_t* data,
                                           std::size_t size) {
  constexpr std::size_t kStride = N * Vector::kBytes;
  typename Vector::Reg acc[N];
  const std::size_t odd = size % Vector::kBytes;
  if (odd != 0) state = step_short<sse42::Steps>(state, data, odd);
  data += odd;
  size -= odd + kStride;
  acc[0] = Vector::first(data, state);
#pragma GCC unroll 8
  for (std::size_t i = 1; i < N; ++i) acc[i] = Vector::load(data + i * Vector::kBytes);
  data += kStride;
  const auto by_stride = Vector::template factors<kStride>();
  for (; size >= kStride; size -= kStride, data += kStride) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
      acc[i] = Vector::fold(acc[i], by_stride, Vector::load(data + i * Vector::kBytes));
    }
  }
  typename Vector::Reg all = join<Vector, N>(acc);
  const auto by_one = Vector::template factors<Vector::kBytes>();
  for (; size != 0; size -= Vector::kBytes, data += Vector::kBytes) {
    all = Vector::fold(all, by_one, Vector::load(data));
  }
  return state_of(Vector::to_128(all));
}

// The shape of a fused block: Rounds times N vectors, and in each round Words words for each of
// three CRC chains. In memory: the three chains' parts, then the vectors' part.
template <class VectorType, int NValue, int WordsValue, int RoundsValue>
struct Fusion {
  using Vector = VectorType;
  static constexpr std::size_t N = NValue;
  static constexpr std::size_t kWords = WordsValue;
  static constexpr std::size_t kStride = N * Vector::kBytes;
  static constexpr std::size_t kFolded = RoundsValue * kStride;
  static constexpr std::size_t kChain = RoundsValue * kWords * 8;
  static constexpr std::size_t kBytes = 3 * kChain + kFolded;
};

// One block of F::kBytes bytes.
template <class F>
EVENTCODEC_INLINE std::uint32_t step_fused(std::uint32_t state, const std::uint8_t* data) {
  using Vector = typename F::Vector;
  const std::uint8_t* folded = data + 3 * F::kChain;
  const std::uint8_t* const end = folded + F::kFolded;
  typename Vector::Reg acc[F::N];
  std::uint64_t a = state;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < F::N; ++i) acc[i] = Vector::load(folded + i * Vector::kBytes);
  const auto by_stride = Vector::template factors<F::kStride>();
  for (folded += F::kStride;; folded += F::kStride) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < F::kWords; ++i, data += 8) {
      a = _mm_crc32_u64(a, load_le<std::uint64_t>(data));
      b = _mm_crc32_u64(b, load_le<std::uint64_t>(data + F::kChain));
      c = _mm_crc32_u64(c, load_le<std::uint64_t>(data + 2 * F::kChain));
    }
    if (folded == end) break;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < F::N; ++i) {
      acc[i] = Vector::fold(acc[i], by_stride, Vector::load(folded + i * Vector::kBytes));
    }
  }
  const __m128i chains = _mm_xor_si128(
      _mm_xor_si128(shifted<2 * F::kChain + F::kFolded>(a), shifted<F::kChain + F::kFolded>(b)),
      shifted<F::kFolded>(c));
  const std::uint64_t before =
      _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(chains)));
  return static_cast<std::uint32_t>(before) ^
         state_of(Vector::to_128(join<Vector, static_cast<int>(F::N)>(acc)));
}

// As many blocks as there are.
template <class F>
EVENTCODEC_INLINE std::uint32_t step_blocks(std::uint32_t state, const std::uint8_t*& data,
                                            std::size_t& size) {
  for (; size >= F::kBytes; size -= F::kBytes, data += F::kBytes) {
    state = step_fused<F>(state, data);
  }
  return state;
}

}  // namespace eventcodec::crc32c
