// bucketize.cc - what is done around the passes: parts, threads, and adding them up.
#include "histogram/bucketize.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/parallel.h"
#include "histogram/kernels.h"
#include "histogram/patterns.h"
#include "histogram/slot_tables.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// Values are counted in parts of this many, so that sums do not depend on the number of threads. A
// multiple of kBlock.
constexpr std::size_t kPart = std::size_t{1} << 21;
// A thread takes some 30 microseconds to start, a part about a millisecond.
constexpr std::size_t kMaxThreads = 4;
// Below this, clearing and adding four copies of the counters costs more than it saves.
constexpr std::size_t kWorthCopies = 8192;
constexpr std::size_t kCopies = 4;

// Writes the counts of the buckets that the slots stand for: see slot_tables.h.
void counts_of_slots(const std::uint32_t* slots, double* counts) {
  // Signed: x86 has no instruction for unsigned numbers before AVX-512.
  const auto* positive = reinterpret_cast<const std::int32_t*>(slots);
  const std::int32_t* negative = positive + kNegativeSlots;
  for (std::size_t i = 0; i < kDefaultPowers; ++i) counts[kDefaultPowers + i] = positive[i];
  for (std::size_t i = 0; i < kDefaultPowers; ++i) counts[i] = negative[kDefaultPowers - i];
  counts[kDefaultPowers] += negative[0];
}

// One part, at most 2^30 values.
void bucketize_part(Values values, Tally* tally) {
  const std::size_t copies = values.count < kWorthCopies ? 1 : kCopies;
  alignas(64) std::uint32_t slots[kCopies * kSlots];
  std::fill_n(slots, copies * kSlots, 0u);
  const Passes& passes = chosen().fn;
  if (values.count < passes.worth_patterns || !bucketize_patterns(values, slots, &tally->moments)) {
    passes.bucketize(values, copies, slots, &tally->moments);
  }
  for (std::size_t copy = 1; copy < copies; ++copy) {
    for (std::size_t i = 0; i < kSlots; ++i) slots[i] += slots[copy * kSlots + i];
  }
  counts_of_slots(slots, tally->counts.data());
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

Values part_of(Values values, std::size_t part) {
  const std::size_t done = part * kPart;
  return {values.dtype, values.data + done * item_bytes(values.dtype),
          std::min(values.count - done, kPart)};
}

std::size_t parts_of(Values values) { return (values.count - 1) / kPart + 1; }

void add(const Tally& part, Tally* all) {
  for (std::size_t i = 0; i < kDefaultBuckets; ++i) all->counts[i] += part.counts[i];
  add_moments(part.moments, &all->moments);
}

std::size_t threads_here() {
  static const std::size_t threads =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxThreads);
  return threads;
}

}  // namespace

void bucketize(Values values, Tally* tally) {
  bucketize_part(part_of(values, 0), tally);
  const std::size_t parts = parts_of(values);
  if (parts == 1) return;
  // Rounds of a few parts, whose tallies are added in order.
  Tally tallies[kMaxThreads];
  const std::size_t threads = threads_here();
  for (std::size_t first = 1; first < parts; first += threads) {
    const std::size_t jobs = std::min(threads, parts - first);
    run_parallel(jobs, jobs,
                 [&](std::size_t i) { bucketize_part(part_of(values, first + i), tallies + i); });
    for (std::size_t i = 0; i < jobs; ++i) add(tallies[i], tally);
  }
}

Moments take_moments(Values values) {
  Moments all{};
  for (std::size_t part = 0; part < parts_of(values); ++part) {
    Moments moments;
    chosen().fn.take_moments(part_of(values, part), &moments);
    if (part == 0) {
      all = moments;
    } else {
      add_moments(moments, &all);
    }
  }
  return all;
}

}  // namespace eventcodec::histogram
