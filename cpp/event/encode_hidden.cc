// encode_hidden.cc - a value that shows nothing and hides what stands before it.
#include "event/encode_hidden.h"

#include "event/format.h"
#include "wire/write.h"

namespace eventcodec::event {

bool encode_hidden_value(std::string_view tag, Buffer& out) {
  const std::size_t value_bytes = wire::bytes_field_bytes(tag.size()) + wire::bytes_field_bytes(0);
  std::uint8_t* const start = out.reserve(wire::bytes_field_bytes(value_bytes));
  if (start == nullptr) return false;
  std::uint8_t* p = wire::put_length(start, kValue, value_bytes);
  p = wire::put_bytes_field(p, kTag, as_bytes(tag));
  p = wire::put_length(p, kObsoleteHistogram, 0);
  out.commit(static_cast<std::size_t>(p - start));
  return true;
}

}  // namespace eventcodec::event
