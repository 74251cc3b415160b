// token_writer.h - writes the tokens of a block in the block's codes: the last and hottest loop.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/kernel.h"
#include "png/bit_writer.h"
#include "png/huffman.h"
#include "png/token.h"

namespace eventcodec::png {

// Four literals are put between two flushes, which takes at most 56 bits.
inline constexpr unsigned kMaxCodeLength = 14;

// What the parts of a block become. `repeats` holds, for each length of a repeat, its code and
// extra bits in the low 24 bits and their number above.
struct BlockCodes {
  Code literals[256];
  // The same, byte by byte, for vectors.
  alignas(64) std::uint8_t lengths[256];
  alignas(64) std::uint8_t low[256];
  alignas(64) std::uint8_t high[256];
  std::uint32_t repeats[kMaxMatch + 1];
  Code distances[kDistanceSymbols];
};
inline constexpr unsigned kRepeatBits = 24;

// Writes `count` tokens of `data`. What is behind the end of `to` has room for all of it and
// BitWriter::kSlack.
using WriteTokensFn = void (*)(const std::uint8_t* data, const Token* tokens, std::size_t count,
                               const BlockCodes& codes, BitWriter* to);

// Every kernel compiled in, best first, the portable one last; and the one that is used.
std::span<const Kernel<WriteTokensFn>> token_writer_kernels();
const Kernel<WriteTokensFn>& chosen_token_writer();

void write_tokens_portable(const std::uint8_t* data, const Token* tokens, std::size_t count,
                           const BlockCodes& codes, BitWriter* to);
void write_tokens_bmi2(const std::uint8_t* data, const Token* tokens, std::size_t count,
                       const BlockCodes& codes, BitWriter* to);
void write_tokens_vbmi(const std::uint8_t* data, const Token* tokens, std::size_t count,
                       const BlockCodes& codes, BitWriter* to);

}  // namespace eventcodec::png
