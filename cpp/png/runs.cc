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

  std::size_t pending = 0;  // the first byte that no token covers
  std::size_t at = 0;       // the first mark to look at
  while (at < marked) {
    const std::size_t index = at / kBitsAWord;
    const std::uint64_t next = index < words ? same_[index + 1] : 0;
    const std::uint64_t starts =
        starts_of_runs(same_[index], next) & (~std::uint64_t{0} << (at % kBitsAWord));
    if (starts == 0) {
      at = (index + 1) * kBitsAWord;
      continue;
    }
    const std::size_t first =
        index * kBitsAWord + static_cast<std::size_t>(std::countr_zero(starts));
    std::size_t end = first + Tokens::kShortest;
    // Goes on to the first mark that is not set; behind the last one none is.
    for (;;) {
      const std::size_t shift = end % kBitsAWord;
      const std::uint64_t clear = ~same_[end / kBitsAWord] >> shift;
      end += clear != 0 ? static_cast<std::size_t>(std::countr_zero(clear)) : kBitsAWord - shift;
      if (clear != 0) break;
    }
    tokens.add(first + 1 - pending, end - first, 1);
    pending = end + 1;
    at = end;
  }
  tokens.add_last(size - pending);
}

}  // namespace eventcodec::png
