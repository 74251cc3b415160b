// match.h - finds repeats in a block of filtered scanlines.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "png/format.h"

namespace eventcodec::png {

// `literals` bytes as they stand, then a repeat of `length` bytes from `distance` bytes before;
// length 0 at the end of a block that ends in literals.
struct Token {
  std::uint32_t literals;
  std::uint16_t length;
  std::uint16_t distance;
};

inline constexpr std::size_t kMaxBlock = std::size_t{128} << 10;

// Work space for blocks of up to kMaxBlock bytes. Repeats never cross blocks.
class Matcher {
 public:
  // Cuts a block into tokens; the view lives until the next call. Greedy: one candidate position a
  // hash, and steps that grow while nothing is found, so that photographs are passed over quickly.
  std::span<const Token> tokenize(ByteView block);

 private:
  static constexpr unsigned kHashBits = 13;
  // A repeat costs about 20 bits, a byte of a photograph about 4: shorter repeats do not pay.
  static constexpr std::size_t kShortest = 8;

  void add(std::size_t literals, std::size_t length, std::size_t distance);

  std::array<std::uint32_t, std::size_t{1} << kHashBits> position_;
  // Each token stands for kShortest bytes or more, but for the remainder of a long repeat and the
  // last token.
  std::array<Token, kMaxBlock / kShortest + kMaxBlock / kMaxMatch + 2> tokens_;
  std::size_t count_ = 0;
};

}  // namespace eventcodec::png
