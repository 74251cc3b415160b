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
    add_sums(p, whole);
    add_extremes(p, whole);
    for (std::size_t i = whole; i < n; ++i) {
      const Wide x = load_le<Wide>(p + i * sizeof(Wide));
      const double d = static_cast<double>(x);
      rest_ += d;
      rest_squares_ += d * d;
      min_[0] = x < min_[0] ? x : min_[0];
      max_[0] = x > max_[0] ? x : max_[0];
      nan_[0] |= x != x ? -1 : 0;
    }
  }

  EVENTCODEC_INLINE void finish(std::size_t count, Moments* out) const {
    Wide smallest = min_[0];
    Wide largest = max_[0];
    bool nan = false;
    for (std::size_t i = 0; i < kRegister / sizeof(Wide); ++i) {
      smallest = min_[i] < smallest ? min_[i] : smallest;
      largest = max_[i] > largest ? max_[i] : largest;
      nan = nan || nan_[i] != 0;
    }
    const double not_a_number = __builtin_nan("");
    out->min = nan ? not_a_number : static_cast<double>(smallest);
    out->max = nan ? not_a_number : static_cast<double>(largest);
    out->num = static_cast<double>(count);
    out->sum = total(sum_) + rest_;
    out->sum_squares = total(squares_) + rest_squares_;
  }

 private:
  // Two chains of additions for each sum, so that one does not wait for the other.
  static constexpr std::size_t kStep = 16;
  static constexpr std::size_t kChains = 2;
  static_assert(kStep % (kChains * kDoubles) == 0);

  EVENTCODEC_INLINE void add_sums(const std::uint8_t* p, std::size_t n) {
    Doubles sum[kChains] = {};
    Doubles squares[kChains] = {};
    for (std::size_t i = 0; i < n; i += kChains * kDoubles) {
      for (std::size_t j = 0; j < kChains; ++j) {
        Narrow v;
        std::memcpy(&v, p + (i + j * kDoubles) * sizeof(Wide), sizeof v);
        const Doubles d = __builtin_convertvector(v, Doubles);
        sum[j] += d;
        squares[j] += d * d;
      }
    }
    sum_ += sum[0] + sum[1];
    squares_ += squares[0] + squares[1];
  }

  EVENTCODEC_INLINE void add_extremes(const std::uint8_t* p, std::size_t n) {
    Full smallest = min_;
    Full largest = max_;
    decltype(nan_) nan = nan_;
    for (std::size_t i = 0; i < n; i += kRegister / sizeof(Wide)) {
      Full v;
      std::memcpy(&v, p + i * sizeof(Wide), sizeof v);
      smallest = v < smallest ? v : smallest;
      largest = v > largest ? v : largest;
      nan |= v != v;
    }
    min_ = smallest;
    max_ = largest;
    nan_ = nan;
  }

  EVENTCODEC_INLINE static double total(const Doubles& v) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kDoubles; ++i) sum += v[i];
    return sum;
  }

  static constexpr Wide kInfinity = static_cast<Wide>(__builtin_inf());
  Full min_ = Full{} + kInfinity;
  Full max_ = Full{} - kInfinity;
  decltype(Full{} != Full{}) nan_{};
  Doubles sum_{};
  Doubles squares_{};
  double rest_ = 0.0;
  double rest_squares_ = 0.0;
};

}  // namespace
}  // namespace eventcodec::histogram
