// decode_tensor.h - reads TensorProto messages: numbers as float64, strings as views.
// Every layout that writers use: packed and unpacked *_val fields, tensor_content, and the short
// form of a constant tensor (the last value stands for all that follow; none at all means zeros).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace eventcodec::event {

// TensorFlow's own limit on the number of dimensions.
inline constexpr std::size_t kMaxRank = 254;
// A short form may claim any number of elements; beyond this it is refused, not filled.
inline constexpr std::uint64_t kMaxFilledElements = std::uint64_t{1} << 20;

struct TensorShape {
  std::uint32_t dtype = 0;
  bool known = false;                   // a tensor_shape stands there and does not say unknown_rank
  std::size_t rank = 0;                 // of a known shape
  std::uint64_t elements = 1;           // product of the dimensions; 1 when the shape is not known
  std::array<std::uint64_t, 3> dims{};  // the first three
};

// Reads dtype and shape. False: malformed, a negative or overflowing dimension, or too many.
[[nodiscard]] bool decode_tensor_shape(ByteView tensor, TensorShape* shape);

// The one number of a tensor with one element, widened exactly but for integers beyond 2**53.
struct TensorScalar {
  double value = 0;
  // Where float32 (4) or float64 (8) bytes of it stand, for readers that predict the same layout;
  // 0 bytes for any other form.
  const std::uint8_t* at = nullptr;
  std::size_t bytes = 0;
};

// False: not a numeric tensor of exactly one element.
[[nodiscard]] bool decode_tensor_scalar(ByteView tensor, TensorScalar* scalar);

// All numbers in row-major order. False: not numeric, malformed, or more than one value for an
// element. A tensor without a shape has as many elements as values.
[[nodiscard]] bool decode_tensor_numbers(ByteView tensor, TensorShape* shape,
                                         std::vector<double>* numbers);

// The strings of a DT_STRING tensor, as views. False: another dtype or malformed.
[[nodiscard]] bool decode_tensor_strings(ByteView tensor, TensorShape* shape,
                                         std::vector<ByteView>* strings);

// IEEE binary16 to float64, exactly.
double half_to_double(std::uint16_t bits);

}  // namespace eventcodec::event
