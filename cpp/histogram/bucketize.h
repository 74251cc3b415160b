// bucketize.h - counts values into the default buckets and takes their moments, in one pass.
#pragma once

#include <array>

#include "histogram/edges.h"
#include "histogram/moments.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

struct Tally {
  Moments moments;
  std::array<double, kDefaultBuckets> counts;
};

// Counts `values`, of which there must be one at least. NaN, infinities and what lies beyond the
// outermost edges is in no bucket. Many values are counted on several threads; the result does not
// depend on how many. Safe from many threads.
void bucketize(Values values, Tally* tally);

// The moments alone.
Moments take_moments(Values values);

}  // namespace eventcodec::histogram
