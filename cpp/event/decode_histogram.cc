// decode_histogram.cc - reads histograms of both formats into one form.
#include "event/decode_histogram.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

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

// The numbers of a repeated field, packed or not, which may stand in several pieces.
struct Numbers {
  std::size_t size = 0;
  double first = 0;

  bool count(ByteView packed) {
    if (packed.size() % sizeof(double) != 0) return false;
    if (size == 0 && !packed.empty()) first = load_le<double>(packed.data());
    size += packed.size() / sizeof(double);
    return true;
  }
};

// Where they are copied to, but for the first `dropped`.
struct Copy {
  double* to;
  std::size_t dropped;

  void append(ByteView packed) {
    const std::size_t without = std::min(dropped * sizeof(double), packed.size());
    dropped -= without / sizeof(double);
    packed = packed.subspan(without);
    if (packed.empty()) return;
    std::memcpy(to, packed.data(), packed.size());
    to += packed.size() / sizeof(double);
  }
};

bool read_field(const Field& field, HistogramData* histogram, Numbers* limits, Numbers* counts) {
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
    case tag(kBucketLimit, Type::kFixed64):
      return limits->count(field.bytes);
    case tag(kBucket, Type::kBytes):
    case tag(kBucket, Type::kFixed64):
      return counts->count(field.bytes);
    default:
      return true;
  }
}

void copy_columns(ByteView message, Copy limits, Copy counts) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    const std::uint32_t number = field.key >> 3;
    const auto type = static_cast<Type>(field.key & 7);
    if (type != Type::kBytes && type != Type::kFixed64) continue;
    if (number == kBucketLimit) limits.append(field.bytes);
    if (number == kBucket) counts.append(field.bytes);
  }
}

}  // namespace

// Twice over the fields, which are few: the first time says how many numbers there are.
bool decode_histogram_proto(ByteView message, HistogramData* histogram) {
  FieldReader reader(message);
  Field field;
  Numbers limits;
  Numbers counts;
  while (reader.next(&field)) {
    if (!read_field(field, histogram, &limits, &counts)) return false;
  }
  if (!reader.ok() || limits.size != counts.size) return false;
  if (limits.size == 0) return true;
  const bool starts_with_edge = limits.size > 1 && counts.first == 0;
  const std::size_t dropped = starts_with_edge ? 1 : 0;
  histogram->reserve(limits.size - dropped);
  copy_columns(message, {histogram->right.data(), dropped}, {histogram->counts.data(), dropped});
  // The minimum may lie above the first edge when the writer dropped NaN from the buckets only.
  const bool from_min = !starts_with_edge && histogram->min <= limits.first;
  histogram->left.front() = from_min ? histogram->min : limits.first;
  std::copy(histogram->right.begin(), histogram->right.end() - 1, histogram->left.begin() + 1);
  return true;
}

bool decode_histogram_tensor(ByteView tensor, HistogramData* histogram) {
  TensorShape shape;
  std::vector<double> numbers;
  if (!decode_tensor_numbers(tensor, &shape, &numbers)) return false;
  const bool rows_of_three = shape.known && shape.rank == 2 && shape.dims[1] == 3;
  if (!rows_of_three && !numbers.empty()) return false;
  histogram->reserve(numbers.size() / 3);
  for (std::size_t row = 0; row != histogram->left.size(); ++row) {
    histogram->left[row] = numbers[3 * row];
    histogram->right[row] = numbers[3 * row + 1];
    histogram->counts[row] = numbers[3 * row + 2];
    histogram->num += histogram->counts[row];
  }
  const bool empty = numbers.empty();
  histogram->min = empty ? kUnknown : histogram->left.front();
  histogram->max = empty ? kUnknown : histogram->right.back();
  histogram->sum = kUnknown;
  histogram->sum_squares = kUnknown;
  return true;
}

}  // namespace eventcodec::event
