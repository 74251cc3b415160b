// encode.cc - writes VisualDL records.
#include "vdl/encode.h"

#include <bit>

#include "vdl/format.h"
#include "wire/write.h"

namespace eventcodec::vdl {

using wire::bytes_field_bytes;
using wire::varint_bytes;

namespace {

// Proto3 omits a float whose bits are zero; -0.0 is not.
bool is_default(float value) { return std::bit_cast<std::uint32_t>(value) == 0; }

std::size_t varint_field_bytes(std::int64_t value) {
  return value == 0 ? 0 : 1 + varint_bytes(static_cast<std::uint64_t>(value));
}

// Of the record's one value, whose member takes `member_bytes`.
std::size_t value_bytes(Stamp stamp, std::string_view tag, std::size_t member_bytes) {
  return varint_field_bytes(stamp.step) + bytes_field_bytes(tag.size()) +
         varint_field_bytes(stamp.timestamp) + member_bytes;
}

// The record's one value up to its member.
std::uint8_t* put_stamp(std::uint8_t* p, Stamp stamp, std::string_view tag,
                        std::size_t member_bytes) {
  p = wire::put_length(p, kValues, value_bytes(stamp, tag, member_bytes));
  if (stamp.step != 0) {
    p = wire::put_varint_field(p, kId, static_cast<std::uint64_t>(stamp.step));
  }
  p = wire::put_bytes_field(p, kTag, as_bytes(tag));
  if (stamp.timestamp == 0) return p;
  return wire::put_varint_field(p, kTimestamp, static_cast<std::uint64_t>(stamp.timestamp));
}

}  // namespace

std::uint8_t* put_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, float value) {
  // A member of a oneof is never omitted.
  return wire::put_float_field(put_stamp(p, stamp, tag, 5), kNumber, value);
}

std::uint8_t* put_tag_value(std::uint8_t* p, Stamp stamp, std::string_view tag,
                            std::string_view sub_tag, float value) {
  const std::size_t message =
      (sub_tag.empty() ? 0 : bytes_field_bytes(sub_tag.size())) + (is_default(value) ? 0 : 5);
  p = put_stamp(p, stamp, tag, bytes_field_bytes(message));
  p = wire::put_length(p, kTagValue, message);
  if (!sub_tag.empty()) p = wire::put_bytes_field(p, kSubTag, as_bytes(sub_tag));
  return is_default(value) ? p : wire::put_float_field(p, kSubValue, value);
}

std::uint8_t* put_message(std::uint8_t* p, Stamp stamp, std::string_view tag, std::uint32_t field,
                          ByteView message) {
  p = put_stamp(p, stamp, tag, bytes_field_bytes(message.size()));
  return wire::put_bytes_field(p, field, message);
}

std::size_t image_head_bytes(Stamp stamp, std::string_view tag, std::size_t encoded_bytes) {
  const std::size_t member = bytes_field_bytes(bytes_field_bytes(encoded_bytes));
  return bytes_field_bytes(value_bytes(stamp, tag, member)) - encoded_bytes;
}

std::uint8_t* put_image_head(std::uint8_t* p, Stamp stamp, std::string_view tag,
                             std::size_t encoded_bytes) {
  const std::size_t image_bytes = bytes_field_bytes(encoded_bytes);
  p = put_stamp(p, stamp, tag, bytes_field_bytes(image_bytes));
  p = wire::put_length(p, kImage, image_bytes);
  return wire::put_length(p, kEncodedImage, encoded_bytes);
}

std::uint8_t* put_meta(std::uint8_t* p, std::int64_t timestamp, std::string_view display_name) {
  const std::size_t message = display_name.empty() ? 0 : bytes_field_bytes(display_name.size());
  p = put_stamp(p, {timestamp, 0}, kMetaTag, bytes_field_bytes(message));
  p = wire::put_length(p, kMetaData, message);
  return display_name.empty() ? p : wire::put_bytes_field(p, kDisplayName, as_bytes(display_name));
}

std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes) {
  store_le(record, static_cast<std::uint64_t>(payload_bytes));
  return record + kLengthBytes + payload_bytes;
}

}  // namespace eventcodec::vdl
