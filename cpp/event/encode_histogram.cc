// encode_histogram.cc - writes a Summary with one histogram at a pointer.
#include "event/encode_histogram.h"

#include <bit>

#include "event/format.h"
#include "wire/write.h"

namespace eventcodec::event {
namespace {

using wire::bytes_field_bytes;

// Proto3 omits +0.0, but not -0.0.
bool is_stored(double value) { return std::bit_cast<std::uint64_t>(value) != 0; }

std::size_t number_bytes(double value) { return is_stored(value) ? 1 + sizeof value : 0; }

std::uint8_t* put_number(std::uint8_t* p, std::uint32_t field, double value) {
  return is_stored(value) ? wire::put_double_field(p, field, value) : p;
}

// A packed field is omitted when it is empty; an empty tag too.
std::size_t packed_bytes(std::size_t count) {
  return count == 0 ? 0 : bytes_field_bytes(count * sizeof(double));
}

std::size_t tag_bytes(std::string_view tag) {
  return tag.empty() ? 0 : bytes_field_bytes(tag.size());
}

std::uint8_t* put_doubles(std::uint8_t* p, std::span<const double> values) {
  return store_bytes(
      p, {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(double)});
}

std::size_t histogram_bytes(const HistogramFields& fields) {
  const histogram::Moments& m = fields.moments;
  return number_bytes(m.min) + number_bytes(m.max) + number_bytes(m.num) + number_bytes(m.sum) +
         number_bytes(m.sum_squares) + 2 * packed_bytes(fields.limits.size());
}

}  // namespace

std::size_t histogram_summary_bytes(std::string_view tag, const HistogramFields& fields) {
  return bytes_field_bytes(tag_bytes(tag) + bytes_field_bytes(histogram_bytes(fields)));
}

std::uint8_t* put_histogram_summary(std::uint8_t* p, std::string_view tag,
                                    const HistogramFields& fields) {
  const std::size_t histogram_size = histogram_bytes(fields);
  p = wire::put_length(p, kValue, tag_bytes(tag) + bytes_field_bytes(histogram_size));
  if (!tag.empty()) p = wire::put_bytes_field(p, kTag, as_bytes(tag));
  p = wire::put_length(p, kHisto, histogram_size);
  p = put_number(p, kMin, fields.moments.min);
  p = put_number(p, kMax, fields.moments.max);
  p = put_number(p, kNum, fields.moments.num);
  p = put_number(p, kSum, fields.moments.sum);
  p = put_number(p, kSumSquares, fields.moments.sum_squares);
  if (fields.limits.empty()) return p;
  const std::size_t packed = fields.limits.size() * sizeof(double);
  p = put_doubles(wire::put_length(p, kBucketLimit, packed), fields.limits);
  p = wire::put_length(p, kBucket, packed);
  if (fields.limits.size() > fields.counts.size()) p = store_le(p, 0.0);
  return put_doubles(p, fields.counts);
}

}  // namespace eventcodec::event
