// checksums_portable.cc - CRC-32 eight bytes at a time, Adler-32 in vectors of 16 bytes.
#include "png/checksums_portable.h"

#include <array>

#include "base/bytes.h"
#include "png/checksums.h"
#define EVENTCODEC_ADLER_WIDTH 16
#include "png/adler32_body.h"

namespace eventcodec::png {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0xedb88320;
using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// table[0][b] is the state after byte b, table[k][b] after b and k zero bytes.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) {
      state = (state >> 1) ^ ((state & 1) ? kReflectedPolynomial : 0);
    }
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

std::uint32_t crc32_portable(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t state = ~crc;
  for (; size >= 8; size -= 8, data += 8) {
    const std::uint64_t word = load_le<std::uint64_t>(data) ^ state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kTable[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; size != 0; --size, ++data) state = (state >> 8) ^ kTable[0][(state ^ *data) & 0xff];
  return ~state;
}

std::uint32_t adler32_portable(std::uint32_t adler, const std::uint8_t* data, std::size_t size) {
  return adler32_any(adler, data, size);
}

// Each byte of A counts once more in the second sum for each byte of B; the 1 that sums begin with
// is in both.
std::uint32_t adler32_join(std::uint32_t a, std::uint32_t b, std::size_t size) {
  const std::uint64_t before = (a & 0xffff) + kAdlerModulus - 1;
  const std::uint64_t plain = before + (b & 0xffff);
  const std::uint64_t weighted = (a >> 16) + (b >> 16) + size % kAdlerModulus * before;
  return static_cast<std::uint32_t>(((weighted % kAdlerModulus) << 16) | (plain % kAdlerModulus));
}

}  // namespace eventcodec::png
