// pixels_avx2.cc - rows of pixels in vectors of 32 bytes.
#include "png/pixel_rows.h"

namespace eventcodec::png {

PixelsFn pixels_reader_avx2(const Pixels& pixels) { return reader_of(pixels); }

}  // namespace eventcodec::png
