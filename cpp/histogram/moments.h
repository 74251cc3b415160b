// moments.h - what is told about values beside their counts.
#pragma once

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

}  // namespace eventcodec::histogram
