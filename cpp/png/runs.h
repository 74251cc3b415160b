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
  // A word more, so that there is always a next one.
  std::array<std::uint64_t, kMaxBlock / kBitsAWord + 1> same_;
};

}  // namespace eventcodec::png
