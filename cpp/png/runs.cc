// runs.cc - walks over the marks of equal neighbours, 64 bytes at a time.
#include "png/runs.h"

#include <bit>

namespace eventcodec::png {
namespace {

// Bit i says that bits i to i + Tokens::kShortest - 1 of `word`, which goes on in `next`, are set.
EVENTCODEC_INLINE std::uint64_t starts_of_runs(std::uint64_t word, std::uint64_t next) {
  static_assert(Tokens::kShortest == 8);
  // Each round doubles how many bits in a row it takes; `next` is not wrong where it matters.
  for (int bits = 1; bits < 8; bits *= 2) {
    word &= (word >> bits) | (next << (64 - bits));
    next &= next >> bits;
  }
  return word;
}

}  // namespace

// The first mark from `at` on that is not set; behind the last one none is.
std::size_t RunFinder::end_of_run(std::size_t at) const {
  for (;;) {
    const std::size_t shift = at % kBitsAWord;
    const std::uint64_t clear = ~same_[at / kBitsAWord] >> shift;
    if (clear != 0) return at + static_cast<std::size_t>(std::countr_zero(clear));
    at += kBitsAWord - shift;
  }
}

void RunFinder::tokenize(ByteView block, Tokens& tokens) {
  tokens.clear();
  const std::uint8_t* const data = block.data();
  const std::size_t size = block.size();
  // The first byte has none before it: marks are of the bytes from the second on.
  const std::size_t marked = size - 1;
  const std::size_t words = marked / kBitsAWord;
  chosen_same_bits().fn(data + 1, words, same_.data());
  std::uint64_t rest = 0;
  for (std::size_t i = words * kBitsAWord; i < marked; ++i) {
    rest |= std::uint64_t{data[i + 1] == data[i]} << (i % kBitsAWord);
  }
  same_[words] = rest;

  // Words in which runs start, without a branch for each.
  same_[words + 1] = 0;
  std::size_t listed = 0;
  for (std::size_t i = 0; i <= words; ++i) {
    starts_[i] = starts_of_runs(same_[i], same_[i + 1]);
    list_[listed] = static_cast<std::uint16_t>(i);
    listed += starts_[i] != 0 ? 1 : 0;
  }

  std::size_t pending = 0;  // the first byte that no token covers
  std::size_t at = 0;       // the first mark to look at
  for (std::size_t k = 0; k < listed; ++k) {
    const std::size_t begin = std::size_t{list_[k]} * kBitsAWord;
    if (at >= begin + kBitsAWord) continue;
    std::uint64_t starts = starts_[list_[k]];
    if (at > begin) starts &= ~std::uint64_t{0} << (at - begin);
    while (starts != 0) {
      const std::size_t first = begin + static_cast<std::size_t>(std::countr_zero(starts));
      at = end_of_run(first + Tokens::kShortest);
      tokens.add(first + 1 - pending, at - first, 1);
      pending = at + 1;
      if (at >= begin + kBitsAWord) break;
      starts &= ~std::uint64_t{0} << (at - begin);
    }
  }
  tokens.add_last(size - pending);
}

}  // namespace eventcodec::png
