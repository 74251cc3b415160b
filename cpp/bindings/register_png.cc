// register_png.cc - encode_png, image_summary, and the two halves of a PNG for Python's zlib.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/gil.h"
#include "bindings/scalar_arguments.h"
#include "event/encode_image.h"
#include "png/encode.h"

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

// Describes an array of shape (count, height, width, channels); `columns` images stand in a row.
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

py::bytes encode_png(const py::array& array, std::size_t columns, unsigned depth, bool stored,
                     std::size_t threads) {
  const png::Pixels pixels = pixels_of(array, columns, depth);
  const png::Level level = stored ? png::Level::kStored : png::Level::kFast;
  Buffer out;
  unwrap(without_gil_if_large(work_bytes(pixels),
                              [&] { return encode(pixels, level, threads, out); }));
  return to_bytes(out.view());
}

py::bytes image_summary(py::handle tag, const py::array& array, std::size_t columns) {
  std::string_view text;
  if (!parse_tag(tag.ptr(), &text)) throw py::error_already_set();
  const png::Pixels pixels = pixels_of(array, columns, 8);
  Buffer out;
  return to_bytes(unwrap(without_gil_if_large(work_bytes(pixels), [&] {
    return event::encode_image_summary(as_bytes(text), pixels, png::Level::kFast, out);
  })));
}

py::bytes png_scanlines(const py::array& array, std::size_t columns, unsigned depth,
                        bool adaptive) {
  const png::Pixels pixels = pixels_of(array, columns, depth);
  Buffer out;
  unwrap(without_gil_if_large(work_bytes(pixels),
                              [&] { return png::scanlines(pixels, adaptive, out); }));
  return to_bytes(out.view());
}

py::bytes png_wrap(const py::array& array, std::size_t columns, unsigned depth,
                   const py::object& zlib_stream) {
  const png::Pixels pixels = pixels_of(array, columns, depth);
  const BytesLike stream(zlib_stream);
  Buffer out;
  unwrap(without_gil_if_large(stream.view().size(),
                              [&] { return png::wrap(pixels, stream.view(), out); }));
  return to_bytes(out.view());
}

}  // namespace

void register_png(py::module_& module) {
  module.def(
      "encode_png", &encode_png, py::arg("pixels"), py::arg("columns"), py::arg("depth"),
      py::arg("stored"), py::arg("threads"), py::pos_only(),
      "PNG file of pixels (count, height, width, channels), `columns` images in a row, made on "
      "up to `threads` threads.");
  module.def("image_summary", &image_summary, py::arg("tag"), py::arg("pixels"), py::arg("columns"),
             py::pos_only(),
             "Serialized Summary with one image, 8 bits a sample, of pixels as in encode_png.");
  module.def("png_scanlines", &png_scanlines, py::arg("pixels"), py::arg("columns"),
             py::arg("depth"), py::arg("adaptive"), py::pos_only(),
             "What the zlib stream of a PNG holds: each row after the number of its filter.");
  module.def("png_wrap", &png_wrap, py::arg("pixels"), py::arg("columns"), py::arg("depth"),
             py::arg("zlib_stream"), py::pos_only(),
             "PNG file of pixels whose scanlines are compressed in `zlib_stream`.");
}

}  // namespace eventcodec::bindings
