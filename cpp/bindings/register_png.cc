// register_png.cc - encode_png, image_summary, and the two halves of a PNG for Python's zlib.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/gil.h"
#include "bindings/pixels.h"
#include "bindings/scalar_arguments.h"
#include "event/encode_image.h"
#include "png/encode.h"

namespace eventcodec::bindings {
namespace {

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
