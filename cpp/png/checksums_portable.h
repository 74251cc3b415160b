// checksums_portable.h - the CRC-32 kernel that every machine can run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::png {

std::uint32_t adler32_portable(std::uint32_t adler, const std::uint8_t* data, std::size_t size);
std::uint32_t crc32_portable(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::png
