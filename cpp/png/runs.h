// runs.h - finds runs of one byte in a block of filtered scanlines: most of what repeats in an
// image is zeros there.
#pragma once

#include <array>

#include "base/bytes.h"
#include "png/same_bits.h"
#include "png/token.h"

namespace eventcodec::png {

// Work space for blocks of up to kMaxBlock bytes.
class RunFinder {
 public:
  // Cuts a block into tokens of distance 1.
  void tokenize(ByteView block, Tokens& tokens);

 private:
  static constexpr std::size_t kWords = kMaxBlock / kBitsAWord;

  [[nodiscard]] std::size_t end_of_run(std::size_t at) const;

  // A word more, so that there is always a next one.
  std::array<std::uint64_t, kWords + 1> same_;
  std::array<std::uint64_t, kWords> starts_;  // where runs begin
  std::array<std::uint16_t, kWords> list_;    // of the words that are not 0
};

}  // namespace eventcodec::png
