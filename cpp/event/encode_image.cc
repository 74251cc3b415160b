// encode_image.cc - pixels to a Summary with one image value.
#include "event/encode_image.h"

#include <string>

#include "event/format.h"
#include "wire/write.h"

namespace eventcodec::event {
namespace {

constexpr std::size_t kFieldHead = 1 + wire::kMaxVarintBytes;
constexpr std::size_t kMaxMessageBytes = 0x7fffffff;  // of any protobuf implementation

}  // namespace

Result<ByteView> encode_image_summary(ByteView tag, const png::Pixels& pixels, png::Level level,
                                      Buffer& out) {
  out.clear();
  if (tag.size() > kMaxMessageBytes) {
    return Error{.code = Errc::kTooLarge, .message = "a tag must be smaller than 2 GiB"};
  }
  // Room for the heads of Summary.value, Value.tag, Value.image and the four fields of the image.
  const std::size_t room = 7 * kFieldHead + tag.size();
  if (out.reserve(room) == nullptr) {
    return Error{.code = Errc::kOutOfMemory, .message = "no memory for an image summary"};
  }
  out.commit(room);
  if (Status status = png::encode(pixels, level, 1, out); !status.ok()) return status.error();
  const std::size_t png_bytes = out.size() - room;

  std::uint8_t fields[4 * kFieldHead];
  std::uint8_t* p = wire::put_varint_field(fields, kHeight, pixels.picture_height());
  p = wire::put_varint_field(p, kWidth, pixels.picture_width());
  p = wire::put_varint_field(p, kColorspace, pixels.channels);
  p = wire::put_length(p, kEncodedImage, png_bytes);
  const ByteView image_head{fields, static_cast<std::size_t>(p - fields)};

  const std::size_t image_bytes = image_head.size() + png_bytes;
  const std::size_t value_bytes =
      wire::bytes_field_bytes(tag.size()) + wire::bytes_field_bytes(image_bytes);
  const std::size_t summary_bytes = wire::bytes_field_bytes(value_bytes);
  if (summary_bytes > kMaxMessageBytes) {
    return Error{.code = Errc::kTooLarge,
                 .message = "an event must be smaller than 2 GiB, got an image of " +
                            std::to_string(png_bytes) + " bytes"};
  }
  std::uint8_t* const start = out.data() + out.size() - summary_bytes;
  p = wire::put_length(start, kValue, value_bytes);
  p = wire::put_bytes_field(p, kTag, tag);
  p = wire::put_length(p, kImage, image_bytes);
  store_bytes(p, image_head);
  return ByteView{start, summary_bytes};
}

}  // namespace eventcodec::event
