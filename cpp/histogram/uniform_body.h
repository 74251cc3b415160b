// uniform_body.h - the passes around buckets of one width: statistics and counting. Each kernel
// file includes it once and compiles it for its own instruction set.
#pragma once

#include "histogram/kernels.h"
#include "histogram/moment_lanes.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

EVENTCODEC_INLINE void take_moments_any(Values values, Moments* moments) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    MomentLanes<typename Stored::Wide> lanes;
    for_each_block<Stored>(values,
                           [&](const std::uint8_t* p, std::size_t n) { lanes.add_block(p, n); });
    lanes.finish(values.count, moments);
  });
}

// NumPy's arithmetic, operation by operation: (x - first) / width * buckets, truncated, then moved
// by one bucket where the rounding of that put x on the wrong side of an edge. -1: in no bucket.
EVENTCODEC_INLINE std::int32_t bucket_by_numpy(double x, const UniformBins& bins) {
  if (!(x >= bins.first && x <= bins.last)) return -1;
  const double position =
      (x - bins.first) / (bins.last - bins.first) * static_cast<double>(bins.count);
  auto bucket = static_cast<std::int32_t>(position);
  if (bucket >= bins.count) bucket = bins.count - 1;
  if (x < bins.edges[bucket])
    --bucket;
  else if (x >= bins.edges[bucket + 1] && bucket != bins.count - 1)
    ++bucket;
  return bucket;
}

// Guesses the buckets of n values, a multiple of the lanes of a register: a product tells them,
// unless it is next to a whole number or outside. Gives whether all are told; where one is not its
// guess is -1.
template <class T>
EVENTCODEC_INLINE bool guess_buckets(const std::uint8_t* p, std::size_t n, const UniformBins& bins,
                                     double doubt, std::int32_t* guess) {
  using Lanes = typename Register<T>::Full;
  constexpr std::size_t kLanes = kRegister / sizeof(T);
  using Guesses [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
  const Lanes first = Lanes{} + static_cast<T>(bins.first);
  const Lanes scale = Lanes{} + static_cast<T>(bins.scale);
  const Lanes zero{};
  const Lanes last_bucket = Lanes{} + static_cast<T>(bins.count - 1);
  const Lanes least = Lanes{} + static_cast<T>(doubt);
  const Lanes most = Lanes{} + static_cast<T>(1.0 - doubt);
  auto all = zero == zero;  // all bits set
  for (std::size_t i = 0; i < n; i += kLanes) {
    Lanes x;
    std::memcpy(&x, p + i * sizeof(T), sizeof x);
    const Lanes position = (x - first) * scale;
    // What is converted must be in range; what was not, NaN too, is far from its whole number.
    const Lanes low = position > zero ? position : zero;
    const Lanes safe = low < last_bucket ? low : last_bucket;
    const Guesses whole = __builtin_convertvector(safe, Guesses);
    const Lanes rest = position - __builtin_convertvector(whole, Lanes);
    const auto told = (rest > least) & (rest < most);
    all &= told;
    const Guesses result = whole | ~__builtin_convertvector(told, Guesses);
    std::memcpy(guess + i, &result, sizeof result);
  }
  bool every = true;
  for (std::size_t i = 0; i < kLanes; ++i) every = every && all[i] != 0;
  return every;
}

template <class T, std::size_t Copies>
EVENTCODEC_INLINE void count_uniform_block(const std::uint8_t* p, std::size_t n,
                                           const UniformBins& bins, double doubt,
                                           std::uint64_t* counts) {
  alignas(64) std::int32_t guess[kBlock];
  const std::size_t whole = bins.scale > 0.0 ? n - n % (kRegister / sizeof(T)) : 0;
  const auto buckets = static_cast<std::size_t>(bins.count);
  std::size_t i = 0;
  if (whole != 0 && guess_buckets<T>(p, whole, bins, doubt, guess)) {
    for (; i + 4 <= whole; i += 4) {
      for (std::size_t j = 0; j < 4; ++j) {
        ++counts[(j % Copies) * buckets + static_cast<std::uint32_t>(guess[i + j])];
      }
    }
  }
  for (; i < n; ++i) {
    std::int32_t bucket = i < whole ? guess[i] : -1;
    if (bucket < 0) {
      bucket = bucket_by_numpy(static_cast<double>(load_le<T>(p + i * sizeof(T))), bins);
    }
    if (bucket >= 0) ++counts[(i % Copies) * buckets + static_cast<std::uint32_t>(bucket)];
  }
}

// Calls f(pointer, count) for every block of values, widened to float64.
template <class Stored, class F>
EVENTCODEC_INLINE void for_each_double_block(Values values, F&& f) {
  using Wide = typename Stored::Wide;
  for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
    if constexpr (sizeof(Wide) == sizeof(double)) {
      f(p, n);
    } else {
      alignas(64) double x[kBlock];
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = static_cast<double>(load_le<Wide>(p + i * sizeof(Wide)));
      }
      f(reinterpret_cast<const std::uint8_t*>(x), n);
    }
  });
}

template <std::size_t Copies>
EVENTCODEC_INLINE void count_uniform_copies(Values values, const UniformBins& bins,
                                            std::uint64_t* counts) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    if constexpr (std::is_same_v<typename Stored::Wide, float>) {
      if (bins.float_doubt > 0.0) {
        for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
          count_uniform_block<float, Copies>(p, n, bins, bins.float_doubt, counts);
        });
        return;
      }
    }
    for_each_double_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
      count_uniform_block<double, Copies>(p, n, bins, kDoubt, counts);
    });
  });
}

EVENTCODEC_INLINE void count_uniform_any(Values values, const UniformBins& bins, std::size_t copies,
                                         std::uint64_t* counts) {
  if (copies == 1) {
    count_uniform_copies<1>(values, bins, counts);
  } else {
    count_uniform_copies<4>(values, bins, counts);
  }
}

EVENTCODEC_INLINE void add_deviations_any(Values values, double mean, double* squares,
                                          double* cubes) {
  const Doubles center = Doubles{} + mean;
  with_stored(values.dtype, [&](auto stored) {
    for_each_double_block<decltype(stored)>(values, [&](const std::uint8_t* p, std::size_t n) {
      Doubles square_lanes{};
      Doubles cube_lanes{};
      std::size_t i = 0;
      for (; i + kDoubles <= n; i += kDoubles) {
        Doubles x;
        std::memcpy(&x, p + i * sizeof(double), sizeof x);
        const Doubles d = x - center;
        square_lanes += d * d;
        cube_lanes += d * d * d;
      }
      for (; i < n; ++i) {
        const double d = load_le<double>(p + i * sizeof(double)) - mean;
        *squares += d * d;
        *cubes += d * d * d;
      }
      for (std::size_t j = 0; j < kDoubles; ++j) {
        *squares += square_lanes[j];
        *cubes += cube_lanes[j];
      }
    });
  });
}

}  // namespace
}  // namespace eventcodec::histogram
