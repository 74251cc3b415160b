// portable.cc - CRC-32C eight bytes at a time ("slicing by 8", Kounavis and Berry 2005).
// table[0][b] is the CRC state after byte b; table[k][b] the state after b and k zero bytes.
// Because the CRC is linear, the state after eight bytes is the xor of eight independent look-ups.
#include "crc32c/portable.h"

#include <array>

#include "base/bytes.h"
#include "crc32c/polynomial.h"

namespace eventcodec::crc32c {
namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) state = times_x(state);
    table[0][byte] = state;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t state = table[k - 1][byte];
      table[k][byte] = (state >> 8) ^ table[0][state & 0xff];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

}  // namespace

std::uint32_t extend_portable(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  for (; size >= 8; size -= 8, data += 8) {
    const std::uint64_t word = load_le<std::uint64_t>(data) ^ state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kTable[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; size != 0; --size, ++data) state = (state >> 8) ^ kTable[0][(state ^ *data) & 0xff];
  return ~state;
}

}  // namespace eventcodec::crc32c
