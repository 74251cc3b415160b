// pixels_portable.cc - rows of pixels with what every processor has.
#include "png/pixel_rows.h"

namespace eventcodec::png {

PixelsFn pixels_reader_portable(const Pixels& pixels) { return reader_of(pixels); }

}  // namespace eventcodec::png
