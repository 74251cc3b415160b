// moment_lanes.h - min, max, sum and sum of squares, a register of lanes each.
// In an unnamed namespace and inlined, so that kernels of different instruction sets share nothing.
#pragma once

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include <type_traits>

#include "base/bytes.h"
#include "histogram/moments.h"

namespace eventcodec::histogram {
namespace {

// Vectors of exactly one register: compilers take wider ones apart lane by lane.
#if defined(__AVX512F__)
inline constexpr std::size_t kRegister = 64;
#elif defined(__AVX__)
inline constexpr std::size_t kRegister = 32;
#else
inline constexpr std::size_t kRegister = 16;
#endif
inline constexpr std::size_t kDoubles = kRegister / sizeof(double);

template <class T>
struct Register {
  // Whole registers, and as many numbers as a register of doubles has lanes.
  using Full [[gnu::vector_size(kRegister)]] = T;
  using Narrow [[gnu::vector_size(kDoubles * sizeof(T))]] = T;
};
using Doubles = Register<double>::Full;

template <class T>
EVENTCODEC_INLINE Doubles doubles_of(const typename Register<T>::Narrow& numbers) {
#if defined(__AVX512F__)
  // GCC 12 takes the conversion of float32 apart into halves.
  if constexpr (std::is_same_v<T, float>) return _mm512_cvtps_pd(numbers);
#endif
  return __builtin_convertvector(numbers, Doubles);
}

template <class T>
EVENTCODEC_INLINE void add_square(const Doubles& d, Doubles& sum) {
#if defined(__AVX512F__)
  // The square of a float32 is exact in float64: rounded once or twice, the sum is the same.
  if constexpr (std::is_same_v<T, float>) {
    sum = _mm512_fmadd_pd(d, d, sum);
    return;
  }
#endif
  sum += d * d;
}

// The sum of one lane is made block by block; extremes skip NaN, which is noted on its own.
template <class Wide>
class MomentLanes {
 public:
  using Full = typename Register<Wide>::Full;
  using Narrow = typename Register<Wide>::Narrow;

  // So many values are taken at once.
  static constexpr std::size_t kStep = 32;

  EVENTCODEC_INLINE void add_block(const std::uint8_t* p, std::size_t n) {
    const std::size_t whole = n - n % kStep;
    BlockSums sums = begin_block();
    for (std::size_t i = 0; i < whole; i += kStep) sums.add(p + i * sizeof(Wide));
    end_block(sums, p, whole);
    add_rest(p + whole * sizeof(Wide), n - whole);
  }

  // The same in pieces, for a pass that does something else with the values, too.
  class BlockSums {
   public:
    // Takes kStep values.
    EVENTCODEC_INLINE void add(const std::uint8_t* p) {
      for (std::size_t j = 0; j < kStep; j += kRegister / sizeof(Wide)) {
        Full v;
        std::memcpy(&v, p + j * sizeof(Wide), sizeof v);
        min = v < min ? v : min;
        max = v > max ? v : max;
      }
      for (std::size_t j = 0; j < kStep / kDoubles; ++j) {
        Narrow v;
        std::memcpy(&v, p + j * kDoubles * sizeof(Wide), sizeof v);
        const Doubles d = doubles_of<Wide>(v);
        sum[j % kChains] += d;
        add_square<Wide>(d, squares[j % kChains]);
      }
    }

   private:
    friend class MomentLanes;
    // Several chains of additions for each sum, so that one does not wait for the other.
    static constexpr std::size_t kChains = 4;
    static_assert(kStep % (kChains * kDoubles) == 0);
    Doubles sum[kChains] = {};
    Doubles squares[kChains] = {};
    Full min;
    Full max;
  };

  EVENTCODEC_INLINE BlockSums begin_block() const {
    BlockSums sums;
    sums.min = min_;
    sums.max = max_;
    return sums;
  }

  // `p` are the n values that `sums` has taken.
  EVENTCODEC_INLINE void end_block(const BlockSums& sums, const std::uint8_t* p, std::size_t n) {
    min_ = sums.min;
    max_ = sums.max;
    const Doubles all = (sums.sum[0] + sums.sum[1]) + (sums.sum[2] + sums.sum[3]);
    sum_ += all;
    squares_ += (sums.squares[0] + sums.squares[1]) + (sums.squares[2] + sums.squares[3]);
    // A sum is NaN because of a NaN, or of infinities; most blocks have neither.
    const double one = total(all);
    if (one != one) note_nan(p, n);
  }

  // Less than kStep values at the end of a block.
  EVENTCODEC_INLINE void add_rest(const std::uint8_t* p, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const Wide x = load_le<Wide>(p + i * sizeof(Wide));
      const double d = static_cast<double>(x);
      rest_ += d;
      rest_squares_ += d * d;
      min_[0] = x < min_[0] ? x : min_[0];
      max_[0] = x > max_[0] ? x : max_[0];
      nan_ = nan_ || x != x;
    }
  }

  EVENTCODEC_INLINE void finish(std::size_t count, Moments* out) const {
    Wide smallest = min_[0];
    Wide largest = max_[0];
    for (std::size_t i = 0; i < kRegister / sizeof(Wide); ++i) {
      smallest = min_[i] < smallest ? min_[i] : smallest;
      largest = max_[i] > largest ? max_[i] : largest;
    }
    const double not_a_number = __builtin_nan("");
    out->min = nan_ ? not_a_number : static_cast<double>(smallest);
    out->max = nan_ ? not_a_number : static_cast<double>(largest);
    out->num = static_cast<double>(count);
    out->sum = total(sum_) + rest_;
    out->sum_squares = total(squares_) + rest_squares_;
  }

 private:
  EVENTCODEC_INLINE void note_nan(const std::uint8_t* p, std::size_t n) {
    for (std::size_t i = 0; i < n && !nan_; ++i) {
      const Wide x = load_le<Wide>(p + i * sizeof(Wide));
      nan_ = x != x;
    }
  }

  EVENTCODEC_INLINE static double total(const Doubles& v) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kDoubles; ++i) sum += v[i];
    return sum;
  }

  static constexpr Wide kInfinity = static_cast<Wide>(__builtin_inf());
  Full min_ = Full{} + kInfinity;
  Full max_ = Full{} - kInfinity;
  bool nan_ = false;
  Doubles sum_{};
  Doubles squares_{};
  double rest_ = 0.0;
  double rest_squares_ = 0.0;
};

}  // namespace
}  // namespace eventcodec::histogram
