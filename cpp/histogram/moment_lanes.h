// moment_lanes.h - min, max, sum and sum of squares, a register of lanes each.
// In an unnamed namespace and inlined, so that kernels of different instruction sets share nothing.
#pragma once

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

// The sum of one lane is made block by block; extremes skip NaN, which is noted on its own.
template <class Wide>
class MomentLanes {
 public:
  using Full = typename Register<Wide>::Full;
  using Narrow = typename Register<Wide>::Narrow;

  EVENTCODEC_INLINE void add_block(const std::uint8_t* p, std::size_t n) {
    const std::size_t whole = n - n % kStep;
    // A sum is NaN because of a NaN, or of infinities; most blocks have neither.
    if (add_steps(p, whole)) note_nan(p, whole);
    for (std::size_t i = whole; i < n; ++i) {
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
  // Several chains of additions for each sum, so that one does not wait for the other.
  static constexpr std::size_t kChains = 4;
  static constexpr std::size_t kStep = 32;
  static_assert(kStep % (kChains * kDoubles) == 0);

  // Whether the sum of these values is NaN.
  EVENTCODEC_INLINE bool add_steps(const std::uint8_t* p, std::size_t n) {
    Doubles sum[kChains] = {};
    Doubles squares[kChains] = {};
    Full smallest = min_;
    Full largest = max_;
    for (std::size_t i = 0; i < n; i += kStep) {
      for (std::size_t j = 0; j < kStep; j += kRegister / sizeof(Wide)) {
        Full v;
        std::memcpy(&v, p + (i + j) * sizeof(Wide), sizeof v);
        smallest = v < smallest ? v : smallest;
        largest = v > largest ? v : largest;
      }
      for (std::size_t j = 0; j < kStep / kDoubles; ++j) {
        Narrow v;
        std::memcpy(&v, p + (i + j * kDoubles) * sizeof(Wide), sizeof v);
        const Doubles d = __builtin_convertvector(v, Doubles);
        sum[j % kChains] += d;
        squares[j % kChains] += d * d;
      }
    }
    min_ = smallest;
    max_ = largest;
    const Doubles all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    sum_ += all;
    squares_ += (squares[0] + squares[1]) + (squares[2] + squares[3]);
    const double one = total(all);
    return one != one;
  }

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
