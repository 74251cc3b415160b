// sse42.h - the kernel that uses the CRC32 instruction.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::crc32c {

std::uint32_t extend_sse42(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::crc32c
