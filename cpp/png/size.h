// size.h - width and height of a PNG, from its header chunk.
#pragma once

#include "base/bytes.h"

namespace eventcodec::png {

struct Size {
  std::int32_t width = 0;
  std::int32_t height = 0;
};

// Zeros for what does not begin as a PNG, or claims a size beyond the format's.
inline Size size_of(ByteView encoded) {
  constexpr std::uint64_t kSignature = 0x0a1a0a0d474e5089;
  constexpr std::uint32_t kHeaderChunk = 0x52444849;  // "IHDR"
  if (encoded.size() < 24 || load_le<std::uint64_t>(encoded.data()) != kSignature ||
      load_le<std::uint32_t>(encoded.data() + 12) != kHeaderChunk) {
    return {};
  }
  const auto width = __builtin_bswap32(load_le<std::uint32_t>(encoded.data() + 16));
  const auto height = __builtin_bswap32(load_le<std::uint32_t>(encoded.data() + 20));
  if (width > 0x7fffffff || height > 0x7fffffff) return {};
  return {static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
}

}  // namespace eventcodec::png
