// pixels.cc - arrays of Python as pixels of the PNG encoder.
#include "bindings/pixels.h"

#include "bindings/errors.h"

namespace eventcodec::bindings {
namespace {

png::Scalar scalar_of(const py::dtype& dtype) {
  const auto size = dtype.itemsize();
  switch (dtype.kind()) {
    case 'b':
      return png::Scalar::kBool;
    case 'u':
      return size == 1   ? png::Scalar::kUint8
             : size == 2 ? png::Scalar::kUint16
             : size == 4 ? png::Scalar::kUint32
                         : png::Scalar::kUint64;
    case 'i':
      return size == 1   ? png::Scalar::kInt8
             : size == 2 ? png::Scalar::kInt16
             : size == 4 ? png::Scalar::kInt32
                         : png::Scalar::kInt64;
    case 'f':
      if (size == 2) return png::Scalar::kFloat16;
      if (size == 4) return png::Scalar::kFloat32;
      if (size == 8) return png::Scalar::kFloat64;
      break;
    default:
      break;
  }
  throw py::type_error("pixels must be bool, uint8..64, int8..64 or float16..64, got " +
                       py::str(dtype).cast<std::string>());
}

}  // namespace

png::Pixels pixels_of(const py::array& array, std::size_t columns, unsigned depth) {
  if (array.ndim() != 4) {
    throw py::value_error("pixels must have 4 dimensions, got " + std::to_string(array.ndim()));
  }
  const auto size = [&](int axis) { return static_cast<std::size_t>(array.shape(axis)); };
  const auto stride = [&](int axis) { return static_cast<std::ptrdiff_t>(array.strides(axis)); };
  const png::Pixels pixels{.data = static_cast<const std::uint8_t*>(array.data()),
                           .scalar = scalar_of(array.dtype()),
                           .depth = depth,
                           .count = size(0),
                           .height = size(1),
                           .width = size(2),
                           .channels = size(3),
                           .count_stride = stride(0),
                           .row_stride = stride(1),
                           .column_stride = stride(2),
                           .channel_stride = stride(3),
                           .columns = columns};
  unwrap(png::check(pixels));
  return pixels;
}

std::size_t work_bytes(const png::Pixels& pixels) {
  return pixels.row_bytes() * pixels.picture_height();
}

}  // namespace eventcodec::bindings
