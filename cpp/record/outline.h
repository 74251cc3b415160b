// outline.h - what a damaged header still tells about its record.  In: the bytes of a file from a
// wrong header on.  Out: how long the record may be.  A header says its length twice, once as a
// number and once as a checksum of it, and of eight bytes whose upper four are zero the checksum
// determines the rest: damage to one of the two leaves the other.
#pragma once

#include <array>

#include "base/bytes.h"
#include "record/format.h"

namespace eventcodec::record {

// The payload sizes that the header at `header` (kHeaderBytes bytes, whose checksum is wrong) may
// have had, likelier first. kNoLength in the place of one that no record can have.
inline constexpr std::uint64_t kNoLength = ~std::uint64_t{0};
std::array<std::uint64_t, 2> possible_lengths(const std::uint8_t* header);

}  // namespace eventcodec::record
