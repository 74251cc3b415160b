#include "record/outline.h"

#include "check.h"
#include "crc32c/crc32c.h"
#include "record/frame.h"

using eventcodec::store_le;
namespace record = eventcodec::record;

namespace {

std::array<std::uint8_t, record::kHeaderBytes> header_of(std::uint64_t length) {
  std::array<std::uint8_t, record::kHeaderBytes> header{};
  store_le(header.data(), length);
  const auto crc = eventcodec::crc32c::MaskedCrc::of({header.data(), record::kLengthBytes});
  store_le(header.data() + record::kLengthBytes, crc.bits());
  return header;
}

}  // namespace

TEST(either_half_of_a_header_tells_the_length) {
  check::Random random(61);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t length = random.next() >> (33 + random.below(31));
    auto header = header_of(length);
    CHECK_EQ(record::possible_lengths(header.data())[0], length);
    CHECK_EQ(record::possible_lengths(header.data())[1], length);
    store_le(header.data(), random.next());
    CHECK_EQ(record::possible_lengths(header.data())[0], length);
    header = header_of(length);
    store_le(header.data() + record::kLengthBytes, static_cast<std::uint32_t>(random.next()));
    CHECK_EQ(record::possible_lengths(header.data())[1], length);
  }
}

TEST(lengths_that_no_record_has_are_not_told) {
  std::array<std::uint8_t, record::kHeaderBytes> header{};
  store_le(header.data(), ~std::uint64_t{0});
  CHECK_EQ(record::possible_lengths(header.data())[1], record::kNoLength);
  store_le(header.data(), record::kMaxPayloadBytes + 1);
  CHECK_EQ(record::possible_lengths(header.data())[1], record::kNoLength);
}
