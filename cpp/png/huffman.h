// huffman.h - length-limited canonical Huffman codes, as deflate wants them.
#pragma once

#include <cstdint>
#include <span>

namespace eventcodec::png {

inline constexpr std::size_t kMaxHuffmanSymbols = 288;

// One code: the bits in the order in which they are written, and their number.
struct Code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;
};

// Writes the length of each symbol's code, 0 for symbols that do not occur. Every length is at most
// `limit`, and the code is complete: at least two symbols get one, because some decoders refuse a
// code of one symbol. `counts` and `codes` have the same size, at most kMaxHuffmanSymbols and at
// most 2^limit.
void assign_lengths(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes);

// Fills in the bits that follow from the lengths (RFC 1951 section 3.2.2).
void assign_bits(std::span<Code> codes);

}  // namespace eventcodec::png
