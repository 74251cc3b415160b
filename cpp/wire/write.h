// write.h - writes protobuf fields at a pointer. The caller has reserved room; every function
// returns the byte after what it wrote.
#pragma once

#include <bit>

#include "base/bytes.h"
#include "wire/format.h"

namespace eventcodec::wire {

EVENTCODEC_INLINE std::uint8_t* put_varint(std::uint8_t* p, std::uint64_t value) {
  while (value >= 0x80) {
    *p++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *p++ = static_cast<std::uint8_t>(value);
  return p;
}

EVENTCODEC_INLINE std::uint8_t* put_tag(std::uint8_t* p, std::uint32_t field, Type type) {
  return put_varint(p, tag(field, type));
}

EVENTCODEC_INLINE std::uint8_t* put_varint_field(std::uint8_t* p, std::uint32_t field,
                                                 std::uint64_t value) {
  return put_varint(put_tag(p, field, Type::kVarint), value);
}

EVENTCODEC_INLINE std::uint8_t* put_double_field(std::uint8_t* p, std::uint32_t field,
                                                 double value) {
  return store_le(put_tag(p, field, Type::kFixed64), value);
}

EVENTCODEC_INLINE std::uint8_t* put_float_field(std::uint8_t* p, std::uint32_t field, float value) {
  return store_le(put_tag(p, field, Type::kFixed32), value);
}

// The tag and length of a bytes, string or sub-message field; its content follows.
EVENTCODEC_INLINE std::uint8_t* put_length(std::uint8_t* p, std::uint32_t field,
                                           std::uint64_t length) {
  return put_varint(put_tag(p, field, Type::kBytes), length);
}

EVENTCODEC_INLINE std::uint8_t* put_bytes_field(std::uint8_t* p, std::uint32_t field,
                                                ByteView bytes) {
  return store_bytes(put_length(p, field, bytes.size()), bytes);
}

constexpr std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Size of a length-delimited field with a one-byte tag (field number up to 15).
constexpr std::size_t bytes_field_bytes(std::size_t length) {
  return 1 + varint_bytes(length) + length;
}

}  // namespace eventcodec::wire
