// encode_image.cc - pixels to a VisualDL record with one image.
#include "vdl/encode_image.h"

#include <string>

#include "vdl/format.h"

namespace eventcodec::vdl {

Result<ByteView> encode_image(Stamp stamp, std::string_view tag, const png::Pixels& pixels,
                              Buffer& out) {
  out.clear();
  const std::size_t room = kOverheadBytes + image_head_bound(tag.size());
  if (out.reserve(room) == nullptr) {
    return Error{.code = Errc::kOutOfMemory, .message = "no memory for an image"};
  }
  out.commit(room);
  if (Status status = png::encode(pixels, png::Level::kFast, 1, out); !status.ok()) {
    return status.error();
  }
  const std::size_t png_bytes = out.size() - room;
  const std::size_t payload_bytes = image_head_bytes(stamp, tag, png_bytes) + png_bytes;
  if (payload_bytes > kMaxPayloadBytes) {
    return Error{.code = Errc::kTooLarge,
                 .message = "a record must be smaller than 2 GiB, got an image of " +
                            std::to_string(png_bytes) + " bytes"};
  }
  std::uint8_t* const record = out.data() + out.size() - payload_bytes - kOverheadBytes;
  put_image_head(record + kLengthBytes, stamp, tag, png_bytes);
  seal(record, payload_bytes);
  return ByteView{record, kOverheadBytes + payload_bytes};
}

}  // namespace eventcodec::vdl
