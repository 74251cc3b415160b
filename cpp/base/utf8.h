// utf8.h - whether bytes are UTF-8, as protobuf asks of its strings (RFC 3629).
#pragma once

#include "base/bytes.h"

namespace eventcodec {

// Shortest forms only, no surrogates, nothing beyond U+10FFFF.
inline bool is_utf8(ByteView bytes) {
  const std::uint8_t* p = bytes.data();
  const std::uint8_t* const end = p + bytes.size();
  while (p != end) {
    if (end - p >= 8 && (load_le<std::uint64_t>(p) & 0x8080808080808080ull) == 0) {
      p += 8;
      continue;
    }
    const std::uint8_t first = *p++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const int following = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - p < following) return false;
    // The second byte is where overlong forms, surrogates and too large numbers show.
    const std::uint8_t lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (*p < lowest || *p > highest) return false;
    for (int i = 1; i < following; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += following;
  }
  return true;
}

}  // namespace eventcodec
