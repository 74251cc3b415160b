// encode.h - writes VisualDL records at a pointer.  In: values and a stamp.  Out: the bytes of one
// Record, the payload of a record, byte for byte what protobuf makes of it.  Pure: no clock, no
// I/O, no allocation. For every put_* there is a *_bound; every put_* returns the byte after.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace eventcodec::vdl {

// When a value was logged. Proto3 omits zeros.
struct Stamp {
  std::int64_t timestamp;  // milliseconds since 1970
  std::int64_t step;
};

// The length of the value, step, tag and timestamp.
inline constexpr std::size_t stamp_bound(std::size_t tag_bytes) {
  return 6 + 11 + 6 + tag_bytes + 11;
}

inline constexpr std::size_t scalar_bound(std::size_t tag_bytes) {
  return stamp_bound(tag_bytes) + 5;
}
std::uint8_t* put_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, float value);

// One of several scalars of a chart.
inline constexpr std::size_t tag_value_bound(std::size_t tag_bytes, std::size_t sub_tag_bytes) {
  return stamp_bound(tag_bytes) + 6 + 6 + sub_tag_bytes + 5;
}
std::uint8_t* put_tag_value(std::uint8_t* p, Stamp stamp, std::string_view tag,
                            std::string_view sub_tag, float value);

// A value around the ready-made message of its component, which stands in `field` of Value.
inline constexpr std::size_t message_bound(std::size_t tag_bytes, std::size_t message_bytes) {
  return stamp_bound(tag_bytes) + 6 + message_bytes;
}
std::uint8_t* put_message(std::uint8_t* p, Stamp stamp, std::string_view tag, std::uint32_t field,
                          ByteView message);

// A value with an image up to the encoded bytes, which follow it.
inline constexpr std::size_t image_head_bound(std::size_t tag_bytes) {
  return message_bound(tag_bytes, 6);
}
std::size_t image_head_bytes(Stamp stamp, std::string_view tag, std::size_t encoded_bytes);
std::uint8_t* put_image_head(std::uint8_t* p, Stamp stamp, std::string_view tag,
                             std::size_t encoded_bytes);

// The first record of every file: the run's name on the page.
inline constexpr std::size_t meta_bound(std::size_t name_bytes) {
  return message_bound(16, name_bytes + 6);
}
std::uint8_t* put_meta(std::uint8_t* p, std::int64_t timestamp, std::string_view display_name);

// Completes a record in place: the payload already stands at `record + kLengthBytes`. Returns the
// byte after it.
std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes);

}  // namespace eventcodec::vdl
