// encode.h - pixels to the bytes of a PNG file.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "png/pixels.h"

namespace eventcodec::png {

enum class Level : std::uint8_t {
  kStored,  // no compression: for what is compressed later, or must cost nothing
  kFast,    // a filter for each row, then Deflater; never more than 1.005 times the raw size
            // beyond a few hundred bytes
};

// Appends one PNG file, made on up to `threads` threads where there is enough for them: half a
// megabyte each. More threads make the file some bytes larger. An Error leaves `out` as it was.
// Safe from many threads.
Status encode(const Pixels& pixels, Level level, std::size_t threads, Buffer& out);

// The two halves of encode() for another compressor. `scanlines` appends what a PNG compresses:
// for each row its filter's number and the row; unfiltered when not `adaptive`. `wrap` appends the
// PNG file of such a picture, given the zlib stream of its scanlines.
Status scanlines(const Pixels& pixels, bool adaptive, Buffer& out);
Status wrap(const Pixels& pixels, ByteView zlib_stream, Buffer& out);

}  // namespace eventcodec::png
