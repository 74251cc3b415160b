// decode_histogram.cc - reads histograms of both formats into one form.
#include "event/decode_histogram.h"

#include <limits>

#include "event/decode_tensor.h"
#include "event/format.h"
#include "wire/read.h"

namespace eventcodec::event {

using wire::Field;
using wire::FieldReader;
using wire::tag;
using wire::Type;

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool append_packed(ByteView packed, std::vector<double>* out) {
  if (packed.size() % sizeof(double) != 0) return false;
  const std::size_t before = out->size();
  out->resize(before + packed.size() / sizeof(double));
  if (!packed.empty()) std::memcpy(out->data() + before, packed.data(), packed.size());
  return true;
}

bool read_field(const Field& field, HistogramData* histogram) {
  switch (field.key) {
    case tag(kMin, Type::kFixed64):
      histogram->min = field.as_double();
      return true;
    case tag(kMax, Type::kFixed64):
      histogram->max = field.as_double();
      return true;
    case tag(kNum, Type::kFixed64):
      histogram->num = field.as_double();
      return true;
    case tag(kSum, Type::kFixed64):
      histogram->sum = field.as_double();
      return true;
    case tag(kSumSquares, Type::kFixed64):
      histogram->sum_squares = field.as_double();
      return true;
    case tag(kBucketLimit, Type::kBytes):
      return append_packed(field.bytes, &histogram->right);
    case tag(kBucketLimit, Type::kFixed64):
      histogram->right.push_back(field.as_double());
      return true;
    case tag(kBucket, Type::kBytes):
      return append_packed(field.bytes, &histogram->counts);
    case tag(kBucket, Type::kFixed64):
      histogram->counts.push_back(field.as_double());
      return true;
    default:
      return true;
  }
}

}  // namespace

bool decode_histogram_proto(ByteView message, HistogramData* histogram) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    if (!read_field(field, histogram)) return false;
  }
  std::vector<double>& right = histogram->right;
  std::vector<double>& counts = histogram->counts;
  if (!reader.ok() || right.size() != counts.size()) return false;
  if (right.empty()) return true;
  if (right.size() > 1 && counts.front() == 0) {
    histogram->left.assign(right.begin(), right.end() - 1);
    right.erase(right.begin());
    counts.erase(counts.begin());
    return true;
  }
  // The minimum may lie above the first edge when the writer dropped NaN from the buckets only.
  const double first = histogram->min <= right.front() ? histogram->min : right.front();
  histogram->left.push_back(first);
  histogram->left.insert(histogram->left.end(), right.begin(), right.end() - 1);
  return true;
}

bool decode_histogram_tensor(ByteView tensor, HistogramData* histogram) {
  TensorShape shape;
  std::vector<double> numbers;
  if (!decode_tensor_numbers(tensor, &shape, &numbers)) return false;
  const bool rows_of_three = shape.known && shape.rank == 2 && shape.dims[1] == 3;
  if (!rows_of_three && !numbers.empty()) return false;
  for (std::size_t at = 0; at != numbers.size(); at += 3) {
    histogram->left.push_back(numbers[at]);
    histogram->right.push_back(numbers[at + 1]);
    histogram->counts.push_back(numbers[at + 2]);
    histogram->num += numbers[at + 2];
  }
  const bool empty = numbers.empty();
  histogram->min = empty ? kUnknown : histogram->left.front();
  histogram->max = empty ? kUnknown : histogram->right.back();
  histogram->sum = kUnknown;
  histogram->sum_squares = kUnknown;
  return true;
}

}  // namespace eventcodec::event
