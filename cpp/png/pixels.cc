// pixels.cc - which pictures there are, the table of kernels that read their pixels, and rows of
// several pictures.
#include "png/pixels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "png/format.h"
#include "png/pixel_kernels.h"

namespace eventcodec::png {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<PixelsReaderFn>{"avx512", cpu::kAvx2 | cpu::kAvx512, pixels_reader_avx512},
    Kernel<PixelsReaderFn>{"avx2", cpu::kAvx2, pixels_reader_avx2},
#endif
    Kernel<PixelsReaderFn>{"portable", 0, pixels_reader_portable},
};

Error invalid(const char* what, std::size_t got) {
  return {.code = Errc::kInvalidArgument, .message = std::string(what) + std::to_string(got)};
}

}  // namespace

std::span<const Kernel<PixelsReaderFn>> pixels_kernels() { return kKernels; }

const Kernel<PixelsReaderFn>& chosen_pixels() {
  static const Kernel<PixelsReaderFn>& kernel = select(pixels_kernels());
  return kernel;
}

Status check(const Pixels& pixels) {
  if (pixels.channels < 1 || pixels.channels > kMaxChannels) {
    return invalid("a PNG has 1 to 4 channels, got ", pixels.channels);
  }
  if (pixels.depth != 8 && !(pixels.depth == 16 && pixels.scalar == Scalar::kUint16)) {
    return invalid("a PNG sample has 8 bits, or 16 from uint16, got ", pixels.depth);
  }
  if (pixels.count < 1 || pixels.columns < 1) {
    return invalid("a picture has at least one image, got ",
                   std::min(pixels.count, pixels.columns));
  }
  const std::size_t rows = (pixels.count - 1) / pixels.columns + 1;
  if (pixels.width < 1 || pixels.width > kMaxSide / pixels.columns) {
    return invalid("a PNG is 1 to 2147483647 pixels wide, got images of width ", pixels.width);
  }
  if (pixels.height < 1 || pixels.height > kMaxSide / rows) {
    return invalid("a PNG is 1 to 2147483647 pixels high, got images of height ", pixels.height);
  }
  return {};
}

void read_row(const Pixels& pixels, std::size_t y, std::uint8_t* row) {
  const PixelsFn read = chosen_pixels().fn(pixels);
  const std::size_t first = y / pixels.height * pixels.columns;
  const std::size_t image_bytes = pixels.width * pixels.pixel_bytes();
  const auto offset = static_cast<std::ptrdiff_t>(y % pixels.height) * pixels.row_stride;
  for (std::size_t column = 0; column < pixels.columns; ++column, row += image_bytes) {
    const std::size_t image = first + column;
    if (image < pixels.count) {
      read(pixels, pixels.data + static_cast<std::ptrdiff_t>(image) * pixels.count_stride + offset,
           row);
    } else {
      std::memset(row, 0, image_bytes);
    }
  }
}

}  // namespace eventcodec::png
