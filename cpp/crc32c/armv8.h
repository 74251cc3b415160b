// armv8.h - the kernels of 64-bit ARM.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::crc32c {

// With the CRC instructions and PMULL.
std::uint32_t extend_armv8_pmull(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

// With the CRC instructions alone (for example on a Raspberry Pi 4).
std::uint32_t extend_armv8(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::crc32c
