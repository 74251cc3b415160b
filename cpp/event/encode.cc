// encode.cc - writes events at a pointer.
#include "event/encode.h"

#include <bit>

#include "event/format.h"
#include "wire/write.h"

namespace eventcodec::event {
namespace {

using wire::bytes_field_bytes;
using wire::put_bytes_field;
using wire::put_length;
using wire::put_varint_field;

constexpr std::string_view kWriterName = "eventcodec";
constexpr std::string_view kScalarsPlugin = "scalars";

EVENTCODEC_INLINE std::uint8_t* put_stamp(std::uint8_t* p, Stamp stamp) {
  // By bits, not by value: -0.0 is not a zero to protobuf.
  if (std::bit_cast<std::uint64_t>(stamp.wall_time) != 0) {
    p = wire::put_double_field(p, kWallTime, stamp.wall_time);
  }
  if (stamp.step != 0) p = put_varint_field(p, kStep, static_cast<std::uint64_t>(stamp.step));
  return p;
}

// Size of a Value with a simple_value: its tag field and five bytes of number.
EVENTCODEC_INLINE std::size_t simple_value_bytes(std::size_t tag_bytes) {
  return bytes_field_bytes(tag_bytes) + 5;
}

EVENTCODEC_INLINE std::uint8_t* put_simple_value(std::uint8_t* p, std::string_view tag,
                                                 std::size_t value_bytes, float value) {
  p = put_length(p, kValue, value_bytes);
  p = wire::put_short_bytes(put_length(p, kTag, tag.size()), as_bytes(tag));
  return wire::put_float_field(p, kSimpleValue, value);
}

}  // namespace

std::uint8_t* put_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, float value) {
  const std::size_t value_bytes = simple_value_bytes(tag.size());
  p = put_stamp(p, stamp);
  p = put_length(p, kSummary, bytes_field_bytes(value_bytes));
  return put_simple_value(p, tag, value_bytes, value);
}

std::uint8_t* put_tensor_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, double value,
                                ScalarForm form) {
  // Tensor { dtype, float_val or double_val packed with one element } without a shape, and
  // Metadata { plugin_data { plugin_name: "scalars" } }: field for field what torch stores.
  const bool is_double = form == ScalarForm::kDoubleTensor;
  const std::size_t number_bytes = is_double ? 8 : 4;
  const std::size_t tensor_bytes = 2 + 2 + number_bytes;
  const std::size_t plugin_bytes = bytes_field_bytes(kScalarsPlugin.size());
  const std::size_t metadata_bytes = bytes_field_bytes(plugin_bytes);
  const std::size_t value_bytes = bytes_field_bytes(tag.size()) + bytes_field_bytes(tensor_bytes) +
                                  bytes_field_bytes(metadata_bytes);

  p = put_stamp(p, stamp);
  p = put_length(p, kSummary, bytes_field_bytes(value_bytes));
  p = put_length(p, kValue, value_bytes);
  p = put_bytes_field(p, kTag, as_bytes(tag));
  p = put_length(p, kTensor, tensor_bytes);
  p = put_varint_field(p, kDtype, is_double ? kDouble : kFloat);
  p = put_length(p, is_double ? kDoubleVal : kFloatVal, number_bytes);
  p = is_double ? store_le(p, value) : store_le(p, static_cast<float>(value));
  p = put_length(p, kMetadata, metadata_bytes);
  p = put_length(p, kPluginData, plugin_bytes);
  return put_bytes_field(p, kPluginName, as_bytes(kScalarsPlugin));
}

MetricsExtent measure_metrics(std::span<const Metric> metrics, std::size_t enough) {
  MetricsExtent extent{};
  while (extent.metrics < metrics.size() && extent.bytes < enough) {
    const std::size_t tag_bytes = metrics[extent.metrics++].tag.size();
    extent.bytes += bytes_field_bytes(simple_value_bytes(tag_bytes));
  }
  return extent;
}

std::uint8_t* put_metrics(std::uint8_t* p, Stamp stamp, std::span<const Metric> metrics,
                          std::size_t summary_bytes) {
  p = put_stamp(p, stamp);
  p = put_length(p, kSummary, summary_bytes);
  for (const Metric& metric : metrics) {
    p = put_simple_value(p, metric.tag, simple_value_bytes(metric.tag.size()), metric.value);
  }
  return p;
}

std::uint8_t* put_summary(std::uint8_t* p, Stamp stamp, ByteView summary) {
  return put_bytes_field(put_stamp(p, stamp), kSummary, summary);
}

std::uint8_t* put_version(std::uint8_t* p, double wall_time) {
  p = put_stamp(p, {wall_time, 0});
  p = put_bytes_field(p, kFileVersionField, as_bytes(kFileVersion));
  p = put_length(p, kSourceMetadata, bytes_field_bytes(kWriterName.size()));
  return put_bytes_field(p, kWriter, as_bytes(kWriterName));
}

std::uint8_t* put_session_start(std::uint8_t* p, Stamp stamp) {
  p = put_stamp(p, stamp);
  p = put_length(p, kSessionLog, 2);
  return put_varint_field(p, kSessionStatus, kSessionStart);
}

}  // namespace eventcodec::event
