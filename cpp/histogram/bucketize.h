// bucketize.h - counts values into the default buckets and takes their moments, in one pass.
#pragma once

#include <array>

#include "base/kernel.h"
#include "histogram/edges.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

// Of all values, also of those in no bucket. min and max are NaN where a value is, as in NumPy.
// Sums are made in float64, block by block; the order of additions is not NumPy's.
struct Moments {
  double min;
  double max;
  double num;
  double sum;
  double sum_squares;
};

struct Tally {
  Moments moments;
  std::array<double, kDefaultBuckets> counts;
};

// Counts `values`, of which there must be one at least. NaN, infinities and what lies beyond the
// outermost edges is in no bucket. Never allocates; safe from many threads.
void bucketize(Values values, Tally* tally);

// One pass over at most 2^30 values: `slots` holds `copies` (1 or 4) runs of kSlots counters, to
// which the pass adds; values that follow each other are counted in different copies.
using BucketizeFn = void (*)(Values values, std::size_t copies, std::uint32_t* slots,
                             Moments* moments);

std::span<const Kernel<BucketizeFn>> kernels();
const Kernel<BucketizeFn>& chosen();

}  // namespace eventcodec::histogram
