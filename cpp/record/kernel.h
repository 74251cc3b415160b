// kernel.h - the parts of framing that are compiled once for each instruction set: a header and a
// short payload are checked or sealed in one call, with the CRC inlined.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::record {

// What stands at the start of a window, in plain integers. `length` is that of the payload, and
// meaningful unless the header is damaged.
struct Checked {
  enum class Outcome : std::uint8_t {
    kRecord,
    kNoHeader,    // the window is shorter than a header
    kHeaderCrc,   //
    kTooLarge,    //
    kUnfinished,  // the window ends inside the payload or the footer
    kPayloadCrc,  //
  };
  Outcome outcome;
  std::uint32_t got;
  std::uint32_t want;
  std::uint64_t length;
};

using CheckFn = Checked (*)(const std::uint8_t* window, std::size_t size, bool verify_payload);
using SealFn = std::uint8_t* (*)(std::uint8_t* record, std::size_t payload_bytes);

Checked check_portable(const std::uint8_t* window, std::size_t size, bool verify_payload);
std::uint8_t* seal_portable(std::uint8_t* record, std::size_t payload_bytes);
Checked check_sse42(const std::uint8_t* window, std::size_t size, bool verify_payload);
std::uint8_t* seal_sse42(std::uint8_t* record, std::size_t payload_bytes);
Checked check_armv8(const std::uint8_t* window, std::size_t size, bool verify_payload);
std::uint8_t* seal_armv8(std::uint8_t* record, std::size_t payload_bytes);

// Below this many bytes a kernel's own CRC chain is used, from there on crc_of_long().
inline constexpr std::size_t kLongPayload = 256;

// The CRC of bytes, by the crc32c kernel of this machine.
std::uint32_t crc_of_long(const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::record
