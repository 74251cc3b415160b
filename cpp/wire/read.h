// read.h - reads protobuf fields from bytes that nobody vouches for.  In: a message's bytes.
// Out: one field at a time, as views.  No allocation; no recursion: unknown fields and groups are
// skipped iteratively and to a fixed depth.
#pragma once

#include <array>
#include <bit>

#include "base/bytes.h"
#include "wire/format.h"

namespace eventcodec::wire {

// Groups are gone from proto3; deeper nesting than this is not data.
inline constexpr std::size_t kMaxGroupDepth = 32;

// Reads a varint at `*p` and moves `*p` behind it. False when it runs past `end` or over 64 bits.
EVENTCODEC_INLINE bool read_varint(const std::uint8_t** p, const std::uint8_t* end,
                                   std::uint64_t* value) {
  const std::uint8_t* at = *p;
  std::uint64_t bits = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == end) return false;
    const std::uint8_t byte = *at++;
    if (shift == 63 && byte > 1) return false;
    bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *p = at;
      *value = bits;
      return true;
    }
  }
  return false;
}

// One field. `key` is tag(number, type), so that a switch over keys also checks the wire type: a
// known number with another type is an unknown field, as in every protobuf implementation.
struct Field {
  std::uint32_t key = 0;
  std::uint64_t bits = 0;  // the varint, or the bits of a fixed32 or fixed64
  ByteView bytes;          // kBytes: the content; fixed32 and fixed64: the value's bytes

  [[nodiscard]] double as_double() const { return std::bit_cast<double>(bits); }
  [[nodiscard]] float as_float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  }
};

// Walks the fields of one message. `while (reader.next(&field))` ends at the end of the message
// or at bytes that are no field: ok() tells which. Groups are passed over.
class FieldReader {
 public:
  explicit FieldReader(ByteView message)
      : p_(message.data()), end_(message.data() + message.size()) {}

  [[nodiscard]] bool next(Field* field) {
    while (p_ != end_) {
      if (!read_key(&field->key)) return fail();
      const auto type = static_cast<Type>(field->key & 7);
      if (type == Type::kStartGroup) {
        if (!skip_group(field->key)) return fail();
        continue;
      }
      return read_content(type, field) || fail();
    }
    return false;
  }

  // False once the bytes were no valid message.
  [[nodiscard]] bool ok() const { return ok_; }
  // Where the next field starts.
  [[nodiscard]] const std::uint8_t* position() const { return p_; }

 private:
  bool fail() {
    ok_ = false;
    p_ = end_;
    return false;
  }

  bool read_key(std::uint32_t* key) {
    std::uint64_t wide = 0;
    if (!read_varint(&p_, end_, &wide) || wide > 0xffffffff || (wide >> 3) == 0) return false;
    *key = static_cast<std::uint32_t>(wide);
    return true;
  }

  bool take(std::uint64_t size, ByteView* bytes) {
    if (size > static_cast<std::uint64_t>(end_ - p_)) return false;
    *bytes = {p_, static_cast<std::size_t>(size)};
    p_ += size;
    return true;
  }

  bool read_content(Type type, Field* field) {
    switch (type) {
      case Type::kVarint:
        return read_varint(&p_, end_, &field->bits);
      case Type::kFixed64:
        if (!take(8, &field->bytes)) return false;
        field->bits = load_le<std::uint64_t>(field->bytes.data());
        return true;
      case Type::kFixed32:
        if (!take(4, &field->bytes)) return false;
        field->bits = load_le<std::uint32_t>(field->bytes.data());
        return true;
      case Type::kBytes:
        return read_varint(&p_, end_, &field->bits) && take(field->bits, &field->bytes);
      default:
        return false;
    }
  }

  // Passes over the group that `key` opened, and over the groups inside it.
  bool skip_group(std::uint32_t key) {
    std::array<std::uint32_t, kMaxGroupDepth> open{};
    std::size_t depth = 0;
    open[depth++] = key >> 3;
    Field inner;
    while (depth != 0) {
      if (p_ == end_ || !read_key(&inner.key)) return false;
      const auto type = static_cast<Type>(inner.key & 7);
      if (type == Type::kStartGroup) {
        if (depth == kMaxGroupDepth) return false;
        open[depth++] = inner.key >> 3;
      } else if (type == Type::kEndGroup) {
        if (open[--depth] != inner.key >> 3) return false;
      } else if (!read_content(type, &inner)) {
        return false;
      }
    }
    return true;
  }

  const std::uint8_t* p_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

// Whether the bytes are a sequence of fields. Says nothing about what is inside them.
inline bool is_message(ByteView bytes) {
  FieldReader reader(bytes);
  Field field;
  while (reader.next(&field)) {
  }
  return reader.ok();
}

// Calls f(bits) for every varint of a packed field's content. False when it is not a run of them.
template <class F>
bool for_each_packed_varint(ByteView packed, F&& f) {
  const std::uint8_t* p = packed.data();
  const std::uint8_t* end = p + packed.size();
  std::uint64_t bits = 0;
  while (p != end) {
    if (!read_varint(&p, end, &bits)) return false;
    f(bits);
  }
  return true;
}

}  // namespace eventcodec::wire
