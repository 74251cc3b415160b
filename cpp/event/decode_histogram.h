// decode_histogram.h - reads histograms of both formats into one form.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace eventcodec::event {

// Bucket i counts the values from left[i] to right[i]. What a format does not store is NaN.
struct HistogramData {
  std::vector<double> left;
  std::vector<double> right;
  std::vector<double> counts;
  double min = 0;
  double max = 0;
  double num = 0;
  double sum = 0;
  double sum_squares = 0;
};

// HistogramProto, packed or not. It stores right edges only. Writers put an empty bucket in front
// whose edge is the left edge of the first real one; without it the left edge is the minimum.
[[nodiscard]] bool decode_histogram_proto(ByteView message, HistogramData* histogram);

// A [k, 3] tensor of (left, right, count), as TensorFlow 2 writes. It stores neither sum nor sum of
// squares: they are NaN, and so are min and max when there is no bucket.
[[nodiscard]] bool decode_histogram_tensor(ByteView tensor, HistogramData* histogram);

}  // namespace eventcodec::event
