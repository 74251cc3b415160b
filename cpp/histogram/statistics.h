// statistics.h - what numpy's rules for the width of buckets want to know of finite values.
#pragma once

#include "histogram/values.h"

namespace eventcodec::histogram {

struct Quartiles {
  double lower;
  double upper;
};

// Equal to numpy.percentile(values as float64, [25, 75]) bit for bit: both are found by selection,
// never by sorting. False: out of memory. Values are finite; there is one at least.
[[nodiscard]] bool find_quartiles(Values values, Quartiles* quartiles);

// The means of the squares and cubes of what values differ from their mean.
struct Deviations {
  double squares;
  double cubes;
};
Deviations take_deviations(Values values, double mean);

}  // namespace eventcodec::histogram
