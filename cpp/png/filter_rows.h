// filter_rows.h - the body of every filter kernel, in vectors of the compiler (GCC and Clang):
// define EVENTCODEC_FILTER_WIDTH, the bytes of a vector, and include it in one file for one
// instruction set.
#pragma once

#if defined(__AVX512BW__)
#include <immintrin.h>
#endif

#include "base/bytes.h"
#include "png/format.h"

namespace eventcodec::png {
namespace {

constexpr std::size_t kWidth = EVENTCODEC_FILTER_WIDTH;
using Bytes [[gnu::vector_size(kWidth)]] = std::uint8_t;
using Shorts [[gnu::vector_size(kWidth)]] = std::uint16_t;
using Words [[gnu::vector_size(kWidth)]] = std::uint32_t;
using Longs [[gnu::vector_size(kWidth)]] = std::uint64_t;

struct Filters {
  EVENTCODEC_INLINE static Bytes load(const std::uint8_t* p) {
    Bytes value;
    __builtin_memcpy(&value, p, kWidth);
    return value;
  }
  EVENTCODEC_INLINE static void store(std::uint8_t* p, Bytes value) {
    __builtin_memcpy(p, &value, kWidth);
  }
  EVENTCODEC_INLINE static Bytes smaller(Bytes a, Bytes b) { return a < b ? a : b; }
  EVENTCODEC_INLINE static Bytes larger(Bytes a, Bytes b) { return a > b ? a : b; }

  // The predictor of PNG's section 9.4 in unsigned bytes. With lo <= hi the two neighbours and c
  // the one between them, lo + hi - c is hi - c from lo and c - lo from hi, as long as lo <= c <=
  // hi, and those two differ by its distance from c. Outside, the nearest is lo or hi itself, and
  // the saturated differences say so.
  EVENTCODEC_INLINE static Bytes paeth(Bytes left, Bytes up, Bytes corner) {
    const Bytes lo = smaller(left, up);
    const Bytes hi = larger(left, up);
    const Bytes from_lo = larger(hi, corner) - corner;
    const Bytes from_hi = larger(corner, lo) - lo;
    const Bytes nearest = smaller(from_lo, from_hi);
    const Bytes from_corner = larger(from_lo, from_hi) - nearest;
    const Bytes neighbour = from_lo < from_hi ? lo : hi;
    return nearest <= from_corner ? neighbour : corner;
  }

  // The sum of the sizes of residuals, which are numbers around 0 modulo 256.
  class Cost {
   public:
    EVENTCODEC_INLINE void add(Bytes residual) {
      const Bytes size = smaller(residual, Bytes{} - residual);
#if defined(__AVX512BW__)
      // Sums of eight bytes; compilers do not find it.
      const __m512i sums = _mm512_sad_epu8(reinterpret_cast<__m512i>(size), __m512i{});
      longs_ += reinterpret_cast<Longs>(sums);
#else
      const Shorts pairs = reinterpret_cast<Shorts>(size);
      sums_ += (pairs & 0xff) + (pairs >> 8);
#endif
    }
    // Every kVectors vectors, before a sum of 16 bits is full.
    EVENTCODEC_INLINE void carry() {
      const auto pairs = reinterpret_cast<Words>(sums_);
      const auto fours = reinterpret_cast<Longs>((pairs & 0xffff) + (pairs >> 16));
      longs_ += (fours & 0xffffffff) + (fours >> 32);
      sums_ = Shorts{};
    }
    [[nodiscard]] EVENTCODEC_INLINE std::uint64_t total() const {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < kWidth / 8; ++i) sum += longs_[i];
      return sum;
    }

   private:
    Shorts sums_{};
    Longs longs_{};
  };

  static constexpr std::size_t kVectors = 0xffff / (2 * 128);

  // Filters one vector at offset i; `counted` has all bits set in the bytes that belong to the row.
  EVENTCODEC_INLINE static void filter(const std::uint8_t* row, const std::uint8_t* prior,
                                       std::size_t i, std::size_t distance, Bytes counted,
                                       std::uint8_t* const candidates[kFilters],
                                       Cost costs[kFilters]) {
    const Bytes value = load(row + i);
    const Bytes left = load(row + i - distance);
    const Bytes up = load(prior + i);
    const Bytes corner = load(prior + i - distance);
    const Bytes average = (left & up) + ((left ^ up) >> 1);
    const Bytes residuals[kFilters] = {value, value - left, value - up, value - average,
                                       value - paeth(left, up, corner)};
    for (std::size_t f = 0; f < kFilters; ++f) {
      store(candidates[f] + i, residuals[f]);
      costs[f].add(residuals[f] & counted);
    }
  }

  EVENTCODEC_INLINE static void run(const std::uint8_t* row, const std::uint8_t* prior,
                                    std::size_t size, std::size_t distance,
                                    std::uint8_t* const candidates[kFilters],
                                    std::uint64_t costs[kFilters]) {
    const Bytes all = ~Bytes{};
    // Of its own, so that no store to one can change where the next goes.
    std::uint8_t* const to[kFilters] = {candidates[0], candidates[1], candidates[2], candidates[3],
                                        candidates[4]};
    Cost cost[kFilters];
    std::size_t i = 0;
    while (size - i >= kWidth) {
      const std::size_t vectors = (size - i) / kWidth;
      const std::size_t stop = i + kWidth * (vectors < kVectors ? vectors : kVectors);
      for (; i < stop; i += kWidth) filter(row, prior, i, distance, all, to, cost);
      for (std::size_t f = 0; f < kFilters; ++f) cost[f].carry();
    }
    if (i < size) {
      // What lies beyond the row must not count: the choice would depend on the vectors' width.
      std::uint8_t mask[kWidth] = {};
      __builtin_memset(mask, 0xff, size - i);
      filter(row, prior, i, distance, load(mask), to, cost);
      for (std::size_t f = 0; f < kFilters; ++f) cost[f].carry();
    }
    for (std::size_t f = 0; f < kFilters; ++f) costs[f] = cost[f].total();
  }
};

}  // namespace
}  // namespace eventcodec::png
