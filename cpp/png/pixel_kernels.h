// pixel_kernels.h - reads rows of pixels as samples; the kernels compile pixel_rows.h, each for its
// instruction set.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernel.h"
#include "png/pixels.h"

namespace eventcodec::png {

// Reads `width` pixels of one image's row, which begins at `from`, as they stand in a PNG.
using PixelsFn = void (*)(const Pixels& pixels, const std::uint8_t* from, std::uint8_t* to);
// Gives the function that does it for the scalars of `pixels`.
using PixelsReaderFn = PixelsFn (*)(const Pixels& pixels);

PixelsFn pixels_reader_portable(const Pixels& pixels);
PixelsFn pixels_reader_avx2(const Pixels& pixels);
PixelsFn pixels_reader_avx512(const Pixels& pixels);

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<PixelsReaderFn>> pixels_kernels();
const Kernel<PixelsReaderFn>& chosen_pixels();

}  // namespace eventcodec::png
