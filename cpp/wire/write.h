// write.h - writes protobuf fields at a pointer. The caller has reserved room; every function
// returns the byte after what it wrote.
#pragma once

#include <bit>
#include <type_traits>

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

// The content of a bytes field that is likely short, where a call of memcpy costs more than the
// copy does; its tag and length stand before it.
EVENTCODEC_INLINE std::uint8_t* put_short_bytes(std::uint8_t* p, ByteView bytes) {
  const std::uint8_t* const from = bytes.data();
  const std::size_t n = bytes.size();
  // Two copies of a fixed size, from the first byte and up to the last, which may overlap.
  const auto put_ends = [&]<std::size_t Size>(std::integral_constant<std::size_t, Size>) {
    std::uint8_t first[Size];
    std::uint8_t last[Size];
    std::memcpy(first, from, Size);
    std::memcpy(last, from + n - Size, Size);
    std::memcpy(p, first, Size);
    std::memcpy(p + n - Size, last, Size);
    return p + n;
  };
  if (n < 4 || n > 32) return store_bytes(p, bytes);
  if (n >= 16) return put_ends(std::integral_constant<std::size_t, 16>{});
  if (n >= 8) return put_ends(std::integral_constant<std::size_t, 8>{});
  return put_ends(std::integral_constant<std::size_t, 4>{});
}

constexpr std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Size of a length-delimited field with a one-byte tag (field number up to 15).
constexpr std::size_t bytes_field_bytes(std::size_t length) {
  return 1 + varint_bytes(length) + length;
}

}  // namespace eventcodec::wire
