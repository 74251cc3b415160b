// outline.cc - what a damaged header still tells about its record.
#include "record/outline.h"

#include <bit>

#include "crc32c/mask.h"
#include "crc32c/polynomial.h"

namespace eventcodec::record {
namespace {

// The state one zero bit earlier: the inverse of times_x, whose result has the top bit set exactly
// when it added the polynomial.
std::uint32_t divide_by_x(std::uint32_t state) {
  const bool added = (state & 0x80000000) != 0;
  return added ? ((state ^ crc32c::kReflectedPolynomial) << 1) | 1 : state << 1;
}

// The length below 4 GiB whose masked checksum is `stored`. There is exactly one: the state before
// the eight bytes is all ones, and feeding them is 64 invertible steps.
std::uint64_t length_of_checksum(std::uint32_t stored) {
  const std::uint32_t crc = std::rotl(stored - crc32c::kMaskDelta, 15);
  std::uint32_t state = ~crc;
  for (int bit = 0; bit != 64; ++bit) state = divide_by_x(state);
  return ~state;
}

}  // namespace

std::array<std::uint64_t, 2> possible_lengths(const std::uint8_t* header) {
  const std::uint64_t by_checksum =
      length_of_checksum(load_le<std::uint32_t>(header + kLengthBytes));
  const auto as_stored = load_le<std::uint64_t>(header);
  return {by_checksum <= kMaxPayloadBytes ? by_checksum : kNoLength,
          as_stored <= kMaxPayloadBytes ? as_stored : kNoLength};
}

}  // namespace eventcodec::record
