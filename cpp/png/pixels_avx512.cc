// pixels_avx512.cc - rows of pixels in vectors of 64 bytes.
#include "png/pixel_rows.h"

namespace eventcodec::png {

PixelsFn pixels_reader_avx512(const Pixels& pixels) { return reader_of(pixels); }

}  // namespace eventcodec::png
