// format.h - the layout of a record, shared by frame and unframe. See ../FORMAT.md section 1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::record {

// | length: u64 | masked CRC of the length: u32 | payload[length] | masked CRC of the payload: u32
// |
inline constexpr std::size_t kLengthBytes = 8;
inline constexpr std::size_t kCrcBytes = 4;
inline constexpr std::size_t kHeaderBytes = kLengthBytes + kCrcBytes;
inline constexpr std::size_t kFooterBytes = kCrcBytes;
inline constexpr std::size_t kOverheadBytes = kHeaderBytes + kFooterBytes;

// A payload is a protobuf, and no protobuf implementation takes 2 GiB or more.
inline constexpr std::uint64_t kMaxPayloadBytes = 0x7fffffff;

}  // namespace eventcodec::record
