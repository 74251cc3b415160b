// plain_scalar.h - the quick way to read a scalar: one whose tag is known beforehand, in the layout
// that all writers give it.  In: bytes that start at a record boundary.  Out: step, timestamp and
// number. Whatever differs is left to unframe.h, which reads the same from these.
#pragma once

#include <cstring>
#include <string_view>

#include "vdl/format.h"
#include "wire/read.h"

namespace eventcodec::vdl {

// | length: u64 | key, length of the value: one byte | id, tag, timestamp, number |
inline constexpr std::size_t kPlainHeaderBytes = kLengthBytes + 2;
inline constexpr std::size_t kMaxPlainBytes = kPlainHeaderBytes + 0x7f;

struct PlainScalar {
  std::size_t bytes = 0;  // of the record; 0: a record of another kind, or none
  std::int64_t step = 0;
  std::int64_t timestamp = 0;
  float number = 0;
};

// The size of a record whose value is so short that one byte says how long it is; 0 for others.
// `p` has kPlainHeaderBytes bytes.
EVENTCODEC_INLINE std::size_t plain_record_bytes(const std::uint8_t* p) {
  constexpr std::uint8_t kKey = wire::tag(kValues, wire::Type::kBytes);
  const std::size_t value = p[kLengthBytes + 1];
  if (value > 0x7f || p[kLengthBytes] != kKey) return 0;
  return load_le<std::uint64_t>(p) == value + 2 ? kPlainHeaderBytes + value : 0;
}

// `p` has kMaxPlainBytes bytes. Only a record with this very `tag` is read: it need not be looked
// at for being UTF-8 once more.
EVENTCODEC_INLINE PlainScalar read_plain_scalar(const std::uint8_t* p, std::string_view tag) {
  constexpr std::uint8_t kIdKey = wire::tag(kId, wire::Type::kVarint);
  constexpr std::uint8_t kTagKey = wire::tag(kTag, wire::Type::kBytes);
  constexpr std::uint8_t kTimestampKey = wire::tag(kTimestamp, wire::Type::kVarint);
  constexpr std::uint8_t kNumberKey = wire::tag(kNumber, wire::Type::kFixed32);
  constexpr std::size_t kNumberBytes = 1 + sizeof(float);
  const std::size_t bytes = plain_record_bytes(p);
  const std::uint8_t* const end = p + bytes;
  if (bytes == 0) return {};
  p += kPlainHeaderBytes;
  std::uint64_t step = 0;
  if (p != end && *p == kIdKey) {
    ++p;
    if (!wire::read_varint(&p, end, &step)) return {};
  }
  // At least the tag, one byte of the timestamp, and the number: so the tag's length is one byte.
  if (static_cast<std::size_t>(end - p) < 2 + tag.size() + 2 + kNumberBytes) return {};
  if (p[0] != kTagKey || p[1] != tag.size()) return {};
  if (std::memcmp(p + 2, tag.data(), tag.size()) != 0) return {};
  p += 2 + tag.size();
  if (*p++ != kTimestampKey) return {};
  std::uint64_t timestamp = 0;
  if (!wire::read_varint(&p, end, &timestamp)) return {};
  if (end - p != kNumberBytes || *p != kNumberKey) return {};
  return {bytes, static_cast<std::int64_t>(step), static_cast<std::int64_t>(timestamp),
          load_le<float>(p + 1)};
}

}  // namespace eventcodec::vdl
