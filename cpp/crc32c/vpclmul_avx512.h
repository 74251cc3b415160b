// vpclmul_avx512.h - the kernel that uses 512-bit carry-less multiplication.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::crc32c {

std::uint32_t extend_vpclmul_avx512(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::crc32c
