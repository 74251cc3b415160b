// same_bits.h - marks the bytes that equal the byte before them, a bit each.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernel.h"

namespace eventcodec::png {

inline constexpr std::size_t kBitsAWord = 64;

// Bit i % 64 of words[i / 64] says whether data[i] equals data[i - 1], for whole words only: 64 *
// count bytes, of which the first also has a byte before it.
using SameBitsFn = void (*)(const std::uint8_t* data, std::size_t count, std::uint64_t* words);

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<SameBitsFn>> same_bits_kernels();
const Kernel<SameBitsFn>& chosen_same_bits();

void same_bits_portable(const std::uint8_t* data, std::size_t count, std::uint64_t* words);
void same_bits_avx2(const std::uint8_t* data, std::size_t count, std::uint64_t* words);
void same_bits_avx512(const std::uint8_t* data, std::size_t count, std::uint64_t* words);
void same_bits_neon(const std::uint8_t* data, std::size_t count, std::uint64_t* words);

}  // namespace eventcodec::png
