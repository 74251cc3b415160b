// slots_avx512.h - the pass into TensorFlow's buckets for AVX-512: the slots of 16 numbers at once
// by a logarithm. Included by avx512.cc alone.
//
// The slot of |x| is 1 + floor(log(|x| / 1e-12) / log(1.1)), and 774 at most: see slot_tables.h.
// The logarithm is that of a float32 with an error of less than kLogarithmOff; where its fraction
// is closer to a whole number than that, slot_of() has to say.
#pragma once

#include <immintrin.h>

#include "histogram/kernel_body.h"
#include "histogram/moment_lanes.h"
#include "histogram/slot_tables.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// 16 numbers as float32, rounded, and which of them are negative. By bits: -0.0 is not, and
// subnormals are also where the process takes them for zero.
struct Sixteen {
  __m512 x;
  __mmask16 negative;
};

template <class Wide>
struct Lanes;

template <>
struct Lanes<float> {
  EVENTCODEC_INLINE static Sixteen load(const std::uint8_t* p) {
    const __m512 x = _mm512_loadu_ps(p);
    const __m512i minus_zero = _mm512_set1_epi32(INT32_MIN);
    return {x, _mm512_cmpgt_epu32_mask(_mm512_castps_si512(x), minus_zero)};
  }
};

template <>
struct Lanes<double> {
  EVENTCODEC_INLINE static Sixteen load(const std::uint8_t* p) {
    const __m512d low = _mm512_loadu_pd(p);
    const __m512d high = _mm512_loadu_pd(p + 8 * sizeof(double));
    const __m512i minus_zero = _mm512_set1_epi64(INT64_MIN);
    const __mmask16 negative =
        _mm512_kunpackb(_mm512_cmpgt_epu64_mask(_mm512_castpd_si512(high), minus_zero),
                        _mm512_cmpgt_epu64_mask(_mm512_castpd_si512(low), minus_zero));
    const __m512 x = _mm512_castps256_ps512(_mm512_cvtpd_ps(low));
    return {_mm512_insertf32x8(x, _mm512_cvtpd_ps(high), 1), negative};
  }
};

// Logarithms are in units of 2^-14 of a bucket, counted from slot kMiddle: float32 is most exact
// around zero. log2(m) is interpolated at the seven Chebyshev nodes of [1, 2], in m - 1.5.
inline constexpr int kUnits = 14;
inline constexpr int kMiddle = 387;
inline constexpr double kLog2[7] = {0.5849625007211563,   0.9618208211752001,  -0.32061303548492753,
                                    0.1417247357974257,   -0.0707968599811129, 0.0439074798307361,
                                    -0.024568534745308575};
// By which the logarithm of any float32 may be off, in units; with every rounding it is less than
// half of that. A power of two.
inline constexpr int kLogarithmOff = 2;

// Gives the slots of the numbers less kMiddle, and which of them are in doubt.
EVENTCODEC_INLINE __m512i find_sixteen(const Sixteen& numbers, __mmask16* doubt) {
  constexpr double kBucketsPerOctave = 7.272540897341713;  // 1 / log2(1.1)
  constexpr double kFirst = -39.863137138648355;           // log2(1e-12)
  constexpr double kScale = kBucketsPerOctave * (1 << kUnits);
  constexpr double kOne = 1 << kUnits;
  constexpr double kConstant = (kLog2[0] - kFirst) * kScale + (1 - kMiddle) * kOne + kLogarithmOff;
  const auto all = [](double number) { return _mm512_set1_ps(static_cast<float>(number)); };
  const __m512 exponent = _mm512_getexp_ps(numbers.x);
  const __m512 m =
      _mm512_sub_ps(_mm512_getmant_ps(numbers.x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero), all(1.5));
  __m512 log = all(kLog2[6] * kScale);
  for (int i = 5; i > 0; --i) log = _mm512_fmadd_ps(log, m, all(kLog2[i] * kScale));
  log = _mm512_fmadd_ps(log, m, all(kConstant));
  log = _mm512_fmadd_ps(exponent, all(kScale), log);
  // What has no bucket, as NaN, becomes slot 774; 0, whose exponent is -inf, slot 0.
  log = _mm512_min_ps(log, all((kDefaultPowers - kMiddle + 0.5) * kOne));
  log = _mm512_max_ps(log, all((0.5 - kMiddle) * kOne));
  const __m512i units = _mm512_cvt_roundps_epi32(log, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  constexpr int kFraction = ((1 << kUnits) - 1) & ~(2 * kLogarithmOff - 1);
  *doubt = _mm512_testn_epi32_mask(units, _mm512_set1_epi32(kFraction));
  const __m512i positive = _mm512_srai_epi32(units, kUnits);
  return _mm512_mask_add_epi32(positive, numbers.negative, positive,
                               _mm512_set1_epi32(kNegativeSlots + 1));
}

// Counts blocks and takes their moments. The slots of one block are found while those of the block
// before it are counted: the arithmetic of the first fits between the loads and stores of the
// second.
template <class Wide, std::size_t Copies>
class BlockCounter {
 public:
  EVENTCODEC_INLINE explicit BlockCounter(std::uint32_t* slots) : slots_(slots) {}
  BlockCounter(const BlockCounter&) = delete;
  BlockCounter& operator=(const BlockCounter&) = delete;

  EVENTCODEC_INLINE void add_block(const std::uint8_t* p, std::size_t n) {
    if (all_alike<Wide>(p, n)) {
      slots_[exact_slot(p)] += static_cast<std::uint32_t>(n);
      lanes_.add_block(p, n);
      return;
    }
    std::int16_t* const found = found_[turn_];
    const std::int16_t* const waiting = found_[turn_ ^ 1];
    const std::size_t waiting_count = waiting_;
    std::uint32_t* const middle = slots_ + kMiddle;
    alignas(64) __mmask16 doubts[kBlock / kSixteen] = {};
    const std::size_t whole = n - n % kStep;
    auto sums = lanes_.begin_block();
    for (std::size_t i = 0; i < whole; i += kStep) {
      const std::uint8_t* const at = p + i * sizeof(Wide);
      const Sixteen first = Lanes<Wide>::load(at);
      const Sixteen second = Lanes<Wide>::load(at + kSixteen * sizeof(Wide));
      __mmask16* const doubt = doubts + i / kSixteen;
      const __m512i low = find_sixteen(first, doubt);
      if (i < waiting_count) count_sixteen(waiting + i, middle);
      const __m512i high = find_sixteen(second, doubt + 1);
      _mm512_storeu_si512(found + i, _mm512_packs_epi32(low, high));
      sums.add(at);
      if (i < waiting_count) count_sixteen(waiting + i + kSixteen, middle);
    }
    lanes_.end_block(sums, p, whole);
    for (std::size_t i = whole; i < waiting_count; i += kSixteen) {
      count_sixteen(waiting + i, middle);
    }
    unsigned any = 0;
    for (const __mmask16 doubt : doubts) any |= doubt;
    if (any != 0) settle(doubts, p, found);
    lanes_.add_rest(p + whole * sizeof(Wide), n - whole);
    for (std::size_t i = whole; i < n; ++i) ++slots_[exact_slot(p + i * sizeof(Wide))];
    waiting_ = whole;
    turn_ ^= 1;
  }

  EVENTCODEC_INLINE void finish(std::size_t count, Moments* moments) {
    for (std::size_t i = 0; i < waiting_; i += kSixteen) {
      count_sixteen(found_[turn_ ^ 1] + i, slots_ + kMiddle);
    }
    lanes_.finish(count, moments);
  }

 private:
  static constexpr std::size_t kSixteen = 16;
  static constexpr std::size_t kStep = MomentLanes<Wide>::kStep;
  static_assert(kStep == 2 * kSixteen);

  EVENTCODEC_INLINE std::size_t exact_slot(const std::uint8_t* p) const {
    return slot_of<Wide>(load_le<typename Key<Wide>::Bits>(p), table_);
  }

  // Where the slot of a value stands: as the packing instruction leaves it.
  static constexpr std::size_t place_of(std::size_t i) {
    return (i & ~std::size_t{31}) | (i & 12) << 1 | (i & 16) >> 2 | (i & 3);
  }

  EVENTCODEC_INLINE static void count_sixteen(const std::int16_t* found, std::uint32_t* middle) {
    for (std::size_t i = 0; i < kSixteen; ++i) {
      ++middle[static_cast<std::ptrdiff_t>((i % Copies) * kSlots) + found[i]];
    }
  }

  // Looks up what the logarithm leaves in doubt, a few of 10,000 numbers. It comes after the block:
  // a branch at each register of numbers would stop the counting where it is mispredicted.
  EVENTCODEC_INLINE void settle(const __mmask16* doubts, const std::uint8_t* p,
                                std::int16_t* found) const {
    for (std::size_t i = 0; i < kBlock; i += kSixteen) {
      for (unsigned doubt = doubts[i / kSixteen]; doubt != 0; doubt &= doubt - 1) {
        const std::size_t at = i + static_cast<std::size_t>(__builtin_ctz(doubt));
        const std::size_t slot = exact_slot(p + at * sizeof(Wide));
        found[place_of(at)] = static_cast<std::int16_t>(static_cast<int>(slot) - kMiddle);
      }
    }
  }

  const typename Key<Wide>::Bits* table_ = Key<Wide>::table();
  std::uint32_t* slots_;
  MomentLanes<Wide> lanes_;
  alignas(64) std::int16_t found_[2][kBlock];
  std::size_t turn_ = 0;
  std::size_t waiting_ = 0;  // how many slots of the other turn are not counted yet
};

}  // namespace
}  // namespace eventcodec::histogram
