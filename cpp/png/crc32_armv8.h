// crc32_armv8.h - CRC-32 with the instructions of 64-bit ARM.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::png {

std::uint32_t crc32_armv8(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::png
