// Records against bytes that other software wrote.
#include "record/frame.h"

#include "check.h"

using eventcodec::Buffer;

// The header that TensorBoard writes before every 24-byte event: length 24, masked CRC of it.
TEST(header_of_24_bytes) {
  Buffer out;
  CHECK(eventcodec::record::frame(
      eventcodec::as_bytes(std::string_view("012345678901234567890123")), out));
  REQUIRE(out.size() == 24 + 16);
  const std::uint8_t want[12] = {24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22};
  CHECK(std::memcmp(out.data(), want, sizeof want) == 0);
}
