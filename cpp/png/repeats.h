// repeats.h - finds repeats at any distance in a block of filtered scanlines: text, icons, tiles.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "png/token.h"

namespace eventcodec::png {

// Work space for blocks of up to kMaxBlock bytes. Repeats never cross blocks.
class RepeatFinder {
 public:
  // Cuts a block into tokens. Greedy: one candidate position a hash, and steps that grow while
  // nothing is found, so that what does not repeat is passed over quickly.
  void tokenize(ByteView block, Tokens& tokens);

 private:
  static constexpr unsigned kHashBits = 13;

  std::array<std::uint32_t, std::size_t{1} << kHashBits> position_;
};

}  // namespace eventcodec::png
