// encode_image.h - pixels to a VisualDL record with one image. Written once: the PNG is made where
// it stays, and the fields before it, whose lengths depend on its size, are put in front of it.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "png/encode.h"
#include "vdl/encode.h"

namespace eventcodec::vdl {

// The record, with its length, as a view into `out`, whose former content is lost. kTooLarge: no
// protobuf implementation would read it.
Result<ByteView> encode_image(Stamp stamp, std::string_view tag, const png::Pixels& pixels,
                              Buffer& out);

}  // namespace eventcodec::vdl
