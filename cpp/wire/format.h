// format.h - protobuf wire types and tags. Source: protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::wire {

enum class Type : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

inline constexpr std::size_t kMaxVarintBytes = 10;

// The tag of a field, as it stands before the value. One byte for field numbers up to 15.
constexpr std::uint32_t tag(std::uint32_t field, Type type) {
  return (field << 3) | static_cast<std::uint32_t>(type);
}

}  // namespace eventcodec::wire
