// patterns.cc - counts patterns, and folds them into slots and moments.
#include "histogram/patterns.h"

#include <memory>
#include <new>

#include "histogram/slot_tables.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

constexpr std::uint32_t kPatterns = 1 << 16;
// Counters of the pattern 0 behind the others, a cache line each.
constexpr std::uint32_t kZeros = 4;
constexpr std::uint32_t kZeroStride = 64 / sizeof(std::uint32_t);
constexpr std::uint32_t kCounters = kPatterns + kZeros * kZeroStride;

// Calls f(index of four, pattern) for each of n values, a multiple of four, and `alike` instead
// where it takes all four.
template <class F, class Alike>
EVENTCODEC_INLINE void for_each_pattern(const std::uint8_t* p, std::size_t n, F&& f,
                                        Alike&& alike) {
  for (std::size_t i = 0; i < n; i += 4) {
    const auto four = load_le<std::uint64_t>(p + 2 * i);
    if (alike(four)) continue;
    f(0u, static_cast<std::uint32_t>(four & 0xffff));
    f(1u, static_cast<std::uint32_t>(four >> 16 & 0xffff));
    f(2u, static_cast<std::uint32_t>(four >> 32 & 0xffff));
    f(3u, static_cast<std::uint32_t>(four >> 48));
  }
}

// Whether the first values are zeros to a sixteenth at least.
bool has_zeros(const std::uint8_t* p, std::size_t n) {
  constexpr std::size_t kLook = 64;
  if (n < kLook) return false;
  std::uint16_t zeros = 0;
  for (std::size_t i = 0; i < kLook; ++i) {
    zeros = static_cast<std::uint16_t>(zeros + (load_le<std::uint16_t>(p + 2 * i) == 0 ? 1 : 0));
  }
  return zeros >= kLook / 16;
}

// What is equal to the value before waits for its counter, some five times as long as a count
// takes: zeros, of which rectified numbers are full, are counted in turn in four places.
void count_block(const std::uint8_t* p, std::size_t n, std::uint32_t* counts) {
  if (std::memcmp(p, p + 2, 2 * (n - 1)) == 0) {
    counts[load_le<std::uint16_t>(p)] += static_cast<std::uint32_t>(n);
    return;
  }
  const std::size_t fours = n - n % 4;
  if (has_zeros(p, n)) {
    const auto count = [counts](std::uint32_t index, std::uint32_t pattern) {
      const std::uint32_t other_place = kPatterns + index * kZeroStride;
      ++counts[pattern | ((pattern - 1) >> 15 & other_place)];  // no branch to be mispredicted
    };
    for_each_pattern(p, fours, count, [](std::uint64_t) { return false; });
  } else {
    const auto count = [counts](std::uint32_t, std::uint32_t pattern) { ++counts[pattern]; };
    for_each_pattern(p, fours, count, [counts](std::uint64_t four) {
      if (four != (four << 16 | four >> 48)) return false;
      counts[four & 0xffff] += 4;
      return true;
    });
  }
  for (std::size_t i = fours; i < n; ++i) ++counts[load_le<std::uint16_t>(p + 2 * i)];
}

void count_patterns(Values values, std::uint32_t* counts) {
  for (std::size_t done = 0; done < values.count; done += kBlock) {
    const std::size_t left = values.count - done;
    count_block(values.data + 2 * done, left < kBlock ? left : kBlock, counts);
  }
  for (std::uint32_t i = 0; i < kZeros; ++i) counts[0] += counts[kPatterns + i * kZeroStride];
}

// Takes each pattern that occurs, as often as it does.
template <class Stored>
void fold(const std::uint32_t* counts, std::size_t count, std::uint32_t* slots, Moments* moments) {
  constexpr std::size_t kChains = 4;  // of additions, so that one does not wait for the other
  double sum[kChains] = {};
  double squares[kChains] = {};
  float smallest = __builtin_inff();
  float largest = -__builtin_inff();
  bool nan = false;
  const std::uint32_t* table = slot_table_float32();
  for (std::uint32_t pattern = 0; pattern < kPatterns; ++pattern) {
    if (counts[pattern] == 0) continue;
    std::uint8_t bytes[2];
    store_le(bytes, static_cast<std::uint16_t>(pattern));
    const float x = Stored::load(bytes);
    slots[slot_of<float>(__builtin_bit_cast(std::uint32_t, x), table)] += counts[pattern];
    const auto times = static_cast<double>(counts[pattern]);
    const auto value = static_cast<double>(x);
    sum[pattern % kChains] += times * value;
    squares[pattern % kChains] += times * (value * value);
    smallest = x < smallest ? x : smallest;
    largest = x > largest ? x : largest;
    nan = nan || x != x;
  }
  const double not_a_number = __builtin_nan("");
  *moments = {.min = nan ? not_a_number : static_cast<double>(smallest),
              .max = nan ? not_a_number : static_cast<double>(largest),
              .num = static_cast<double>(count),
              .sum = (sum[0] + sum[1]) + (sum[2] + sum[3]),
              .sum_squares = (squares[0] + squares[1]) + (squares[2] + squares[3])};
}

}  // namespace

bool bucketize_patterns(Values values, std::uint32_t* slots, Moments* moments) {
  bool done = false;
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    if constexpr (Stored::kBytes == 2) {
      const std::unique_ptr<std::uint32_t[]> counts(new (std::nothrow) std::uint32_t[kCounters]());
      if (counts == nullptr) return;
      count_patterns(values, counts.get());
      fold<Stored>(counts.get(), values.count, slots, moments);
      done = true;
    }
  });
  return done;
}

}  // namespace eventcodec::histogram
