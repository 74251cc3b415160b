// bytes.h - views of bytes and little-endian loads and stores.
// Everything here is inlined into its caller, so that object files compiled for different
// instruction sets never share a copy of it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace eventcodec {

static_assert(std::endian::native == std::endian::little,
              "event files are little-endian; a big-endian port swaps in load_le and store_le");

#define EVENTCODEC_INLINE [[gnu::always_inline]] inline

using ByteView = std::span<const std::uint8_t>;

EVENTCODEC_INLINE ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

EVENTCODEC_INLINE std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// load_le<T>(p) reads sizeof(T) bytes at any alignment; store_le writes them and returns the byte
// after them, so that encoders read as a sequence of stores.
template <class T>
EVENTCODEC_INLINE T load_le(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <class T>
EVENTCODEC_INLINE std::uint8_t* store_le(std::uint8_t* p, T value) {
  std::memcpy(p, &value, sizeof value);
  return p + sizeof value;
}

EVENTCODEC_INLINE std::uint8_t* store_bytes(std::uint8_t* p, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return p + bytes.size();
}

}  // namespace eventcodec
