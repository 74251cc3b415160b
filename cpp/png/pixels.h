// pixels.h - where the pixels of an image come from: an array of any type and layout, or a grid of
// such arrays, read a row at a time as PNG samples.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"

namespace eventcodec::png {

enum class Scalar : std::uint8_t {
  kBool,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kUint64,
  kInt64,
  kFloat16,
  kFloat32,
  kFloat64,
};

// A borrowed array of shape (count, height, width, channels) with strides in bytes; a stride may be
// zero or negative, and elements need no alignment. The images are laid out from left to right and
// from top to bottom, `columns` in a row, and make one picture; what they do not cover is zero.
struct Pixels {
  const std::uint8_t* data;
  Scalar scalar;
  // Bits of a PNG sample: 8, or 16 for kUint16 as it is. At 8 bits kUint8 is taken as it is, and
  // every other scalar is scaled by 255 as a float32, clipped to 0..255 and truncated; NaN is 0.
  // That is the rule of torch.utils.tensorboard (summary.py, image).
  unsigned depth;
  std::size_t count, height, width, channels;
  std::ptrdiff_t count_stride, row_stride, column_stride, channel_stride;
  std::size_t columns;

  [[nodiscard]] std::size_t picture_width() const { return width * columns; }
  [[nodiscard]] std::size_t picture_height() const {
    return height * ((count + columns - 1) / columns);
  }
  [[nodiscard]] std::size_t sample_bytes() const { return depth / 8; }
  [[nodiscard]] std::size_t pixel_bytes() const { return channels * sample_bytes(); }
  [[nodiscard]] std::size_t row_bytes() const { return picture_width() * pixel_bytes(); }
};

// Whether the sizes make a PNG: both sides in 1..2^31-1, 1 to 4 channels, a depth that the scalar
// has, and no product that overflows.
Status check(const Pixels& pixels);

// Writes row `y` of the picture, row_bytes() bytes. `pixels` passed check().
void read_row(const Pixels& pixels, std::size_t y, std::uint8_t* row);

}  // namespace eventcodec::png
