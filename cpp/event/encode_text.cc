// encode_text.cc - Summary bytes of a text.
#include "event/encode_text.h"

#include "event/format.h"
#include "wire/write.h"

namespace eventcodec::event {
namespace {

using wire::bytes_field_bytes;
using wire::put_length;
using wire::put_varint_field;

constexpr std::string_view kTagSuffix = "/text_summary";
constexpr std::string_view kTextPlugin = "text";

// TensorShape { dim { size: 1 } }
constexpr std::size_t kDimBytes = 2;
constexpr std::size_t kShapeBytes = bytes_field_bytes(kDimBytes);

}  // namespace

bool encode_text_summary(std::string_view tag, std::string_view text, Buffer& out) {
  const std::size_t tensor_bytes =
      2 + bytes_field_bytes(kShapeBytes) + bytes_field_bytes(text.size());
  const std::size_t plugin_bytes = bytes_field_bytes(kTextPlugin.size());
  const std::size_t metadata_bytes = bytes_field_bytes(plugin_bytes);
  const std::size_t tag_bytes = tag.size() + kTagSuffix.size();
  const std::size_t value_bytes = bytes_field_bytes(tag_bytes) + bytes_field_bytes(tensor_bytes) +
                                  bytes_field_bytes(metadata_bytes);

  std::uint8_t* const start = out.reserve(bytes_field_bytes(value_bytes));
  if (start == nullptr) return false;
  std::uint8_t* p = put_length(start, kValue, value_bytes);
  p = put_length(p, kTag, tag_bytes);
  p = store_bytes(p, as_bytes(tag));
  p = store_bytes(p, as_bytes(kTagSuffix));
  p = put_length(p, kTensor, tensor_bytes);
  p = put_varint_field(p, kDtype, kString);
  p = put_length(p, kTensorShape, kShapeBytes);
  p = put_length(p, kDim, kDimBytes);
  p = put_varint_field(p, kDimSize, 1);
  p = wire::put_bytes_field(p, kStringVal, as_bytes(text));
  p = put_length(p, kMetadata, metadata_bytes);
  p = put_length(p, kPluginData, plugin_bytes);
  p = wire::put_bytes_field(p, kPluginName, as_bytes(kTextPlugin));
  out.commit(static_cast<std::size_t>(p - start));
  return true;
}

}  // namespace eventcodec::event
