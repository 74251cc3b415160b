// values.h - numbers of any type, as a caller hands them over.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::histogram {

enum class Dtype : std::uint8_t {
  kBool,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
};

// `count` contiguous little-endian numbers at any alignment, borrowed.
struct Values {
  Dtype dtype;
  const std::uint8_t* data;
  std::size_t count;
};

}  // namespace eventcodec::histogram
