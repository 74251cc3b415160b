// token.h - how a block is cut up before it is coded: bytes as they stand, and repeats.
#pragma once

#include <array>
#include <cstdint>
#include <span>

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

// The tokens of one block of up to kMaxBlock bytes.
class Tokens {
 public:
  // Those who look for repeats find none that is shorter; the remainder of a long one may be.
  static constexpr std::size_t kShortest = 8;

  void clear() { count_ = 0; }
  [[nodiscard]] std::span<const Token> view() const { return {tokens_.data(), count_}; }

  // A repeat of any length from kShortest on, in as many tokens as it takes.
  void add(std::size_t literals, std::size_t length, std::size_t distance) {
    while (length > kMaxMatch) {
      // The last part must not be shorter than deflate's shortest repeat.
      const std::size_t part = length - kMaxMatch < kMinMatch ? length - kMinMatch : kMaxMatch;
      put(literals, part, distance);
      literals = 0;
      length -= part;
    }
    put(literals, length, distance);
  }
  void add_last(std::size_t literals) {
    if (literals != 0) put(literals, 0, 0);
  }

 private:
  void put(std::size_t literals, std::size_t length, std::size_t distance) {
    tokens_[count_++] = {static_cast<std::uint32_t>(literals), static_cast<std::uint16_t>(length),
                         static_cast<std::uint16_t>(distance)};
  }

  std::array<Token, kMaxBlock / kShortest + kMaxBlock / kMaxMatch + 2> tokens_;
  std::size_t count_ = 0;
};

}  // namespace eventcodec::png
