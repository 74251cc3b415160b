// decode_histogram.h - reads histograms of both formats into one form.
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"

namespace eventcodec::event {

// Bucket i counts the values from left[i] to right[i]. What a format does not store is NaN.
struct HistogramData {
  std::unique_ptr<double[]> columns;  // one block: an archive has millions of histograms
  std::span<double> left;
  std::span<double> right;
  std::span<double> counts;
  double min = 0;
  double max = 0;
  double num = 0;
  double sum = 0;
  double sum_squares = 0;

  // Gives the columns so many numbers each, which are yet to be written.
  void reserve(std::size_t buckets) {
    columns.reset(new double[3 * buckets]);
    left = {columns.get(), buckets};
    right = {columns.get() + buckets, buckets};
    counts = {columns.get() + 2 * buckets, buckets};
  }
};

// HistogramProto, packed or not. It stores right edges only. Writers put an empty bucket in front
// whose edge is the left edge of the first real one; without it the left edge is the minimum.
[[nodiscard]] bool decode_histogram_proto(ByteView message, HistogramData* histogram);

// A [k, 3] tensor of (left, right, count), as TensorFlow 2 writes. It stores neither sum nor sum of
// squares: they are NaN, and so are min and max when there is no bucket.
[[nodiscard]] bool decode_histogram_tensor(ByteView tensor, HistogramData* histogram);

}  // namespace eventcodec::event
