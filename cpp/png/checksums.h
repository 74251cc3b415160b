// checksums.h - the two checksums of a PNG: CRC-32 (IEEE 802.3) of each chunk, Adler-32 of the
// scanlines inside. Not the CRC-32C of records.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/kernel.h"

namespace eventcodec::png {

// f(checksum of A, B) is the checksum of A followed by B.
using ChecksumFn = std::uint32_t (*)(std::uint32_t sum, const std::uint8_t* data, std::size_t size);

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<ChecksumFn>> crc32_kernels();
const Kernel<ChecksumFn>& chosen_crc32();

// The CRC-32 of nothing is 0.
inline std::uint32_t crc32(std::uint32_t crc, ByteView data) {
  return chosen_crc32().fn(crc, data.data(), data.size());
}

// The Adler-32 of nothing.
inline constexpr std::uint32_t kAdlerStart = 1;
std::span<const Kernel<ChecksumFn>> adler32_kernels();
const Kernel<ChecksumFn>& chosen_adler32();

inline std::uint32_t adler32(std::uint32_t adler, ByteView data) {
  return chosen_adler32().fn(adler, data.data(), data.size());
}

// The Adler-32 of A followed by B, which has `size` bytes, from those of A and B.
std::uint32_t adler32_join(std::uint32_t a, std::uint32_t b, std::size_t size);

std::uint32_t adler32_avx512(std::uint32_t adler, const std::uint8_t* data, std::size_t size);
std::uint32_t adler32_avx2(std::uint32_t adler, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::png
