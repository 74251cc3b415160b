// encode_image.h - pixels to a Summary with one image value. Written once: the PNG is made where it
// stays, and the fields before it, whose lengths depend on its size, are put in front of it.
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "png/encode.h"

namespace eventcodec::event {

// The serialized Summary of one image under `tag`, as a view into `out`, whose former content is
// lost. kTooLarge: the message would not be a valid protobuf any more.
Result<ByteView> encode_image_summary(ByteView tag, const png::Pixels& pixels, png::Level level,
                                      Buffer& out);

}  // namespace eventcodec::event
