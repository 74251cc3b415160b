// bucketize.cc - the table of kernels, and what is done around one pass.
#include "histogram/bucketize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "histogram/kernel_entries.h"
#include "histogram/slot_tables.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<BucketizeFn>{"avx512", cpu::kAvx2 | cpu::kAvx512, bucketize_avx512},
    Kernel<BucketizeFn>{"avx2", cpu::kAvx2, bucketize_avx2},
#endif
    Kernel<BucketizeFn>{"portable", 0, bucketize_portable},
};

// A pass may count this many values before a signed 32-bit counter could overflow. A multiple of
// kBlock.
constexpr std::size_t kPass = std::size_t{1} << 30;
// Below this, clearing and adding four copies of the counters costs more than it saves.
constexpr std::size_t kWorthCopies = 8192;
constexpr std::size_t kCopies = 4;

// Adds the slots to the counts of their buckets: see slot_tables.h.
void add_slots(const std::uint32_t* slots, std::size_t copies, Tally* tally) {
  for (std::size_t copy = 0; copy < copies; ++copy) {
    // Signed: x86 has no instruction for unsigned numbers before AVX-512.
    const auto* positive = reinterpret_cast<const std::int32_t*>(slots + copy * kSlots);
    const std::int32_t* negative = positive + kNegativeSlots;
    for (std::size_t i = 0; i < kDefaultPowers; ++i) {
      tally->counts[kDefaultPowers + i] += positive[i];
    }
    for (std::size_t i = 0; i < kDefaultPowers; ++i) {
      tally->counts[i] += negative[kDefaultPowers - i];
    }
    tally->counts[kDefaultPowers] += negative[0];
  }
}

void add_moments(const Moments& part, Moments* all) {
  const bool nan = std::isnan(part.min) || std::isnan(all->min);
  all->min = nan ? std::nan("") : std::min(part.min, all->min);
  all->max = nan ? std::nan("") : std::max(part.max, all->max);
  all->num += part.num;
  all->sum += part.sum;
  all->sum_squares += part.sum_squares;
}

std::size_t item_bytes(Dtype dtype) {
  std::size_t bytes = 0;
  with_stored(dtype, [&](auto stored) { bytes = decltype(stored)::kBytes; });
  return bytes;
}

}  // namespace

std::span<const Kernel<BucketizeFn>> kernels() { return kKernels; }

const Kernel<BucketizeFn>& chosen() {
  static const Kernel<BucketizeFn>& kernel = select(kernels());
  return kernel;
}

void bucketize(Values values, Tally* tally) {
  tally->counts.fill(0.0);
  const std::size_t copies = values.count < kWorthCopies ? 1 : kCopies;
  for (std::size_t done = 0; done < values.count; done += kPass) {
    alignas(64) std::uint32_t slots[kCopies * kSlots];
    std::fill_n(slots, copies * kSlots, 0u);
    const Values part{values.dtype, values.data + done * item_bytes(values.dtype),
                      std::min(values.count - done, kPass)};
    Moments moments;
    chosen().fn(part, copies, slots, &moments);
    add_slots(slots, copies, tally);
    if (done == 0) {
      tally->moments = moments;
    } else {
      add_moments(moments, &tally->moments);
    }
  }
}

}  // namespace eventcodec::histogram
