// crc32_pclmul.h - CRC-32 by carry-less multiplication.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::png {

std::uint32_t crc32_pclmul(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::png
