// repeats.cc - a hash of eight bytes leads to where they stood last.
#include "png/repeats.h"

#include <algorithm>
#include <bit>

namespace eventcodec::png {
namespace {

// A repeat at a distance costs about 20 bits, a byte of a photograph about 4: shorter ones than
// these eight bytes do not pay.
constexpr std::size_t kWord = sizeof(std::uint64_t);
static_assert(kWord >= Tokens::kShortest);
// Positions that were passed without a repeat before the step grows by one, as a shift.
constexpr unsigned kPatience = 3;
constexpr std::size_t kMaxStep = 16;

// How many bytes from `a` and `b` on are equal; both end at or before `end`, and a < b.
std::size_t common_prefix(const std::uint8_t* a, const std::uint8_t* b, const std::uint8_t* end) {
  const std::uint8_t* start = b;
  for (; b + kWord <= end; a += kWord, b += kWord) {
    const std::uint64_t difference = load_le<std::uint64_t>(a) ^ load_le<std::uint64_t>(b);
    if (difference != 0) {
      return static_cast<std::size_t>(b - start) +
             static_cast<std::size_t>(std::countr_zero(difference)) / 8;
    }
  }
  for (; b < end && *a == *b; ++a, ++b) {
  }
  return static_cast<std::size_t>(b - start);
}

}  // namespace

void RepeatFinder::tokenize(ByteView block, Tokens& tokens) {
  const std::uint8_t* const data = block.data();
  const std::uint8_t* const end = data + block.size();
  position_.fill(0);  // a wrong candidate is found out by comparing
  tokens.clear();
  std::size_t pending = 0;  // the first byte that no token covers
  std::size_t i = 1;
  while (i + kWord <= block.size()) {
    const auto word = load_le<std::uint64_t>(data + i);
    const std::size_t hash = (word * 0x9e3779b97f4a7c15ull) >> (64 - kHashBits);
    std::size_t from = i - 1;
    if (word != load_le<std::uint64_t>(data + from)) {
      from = position_[hash];
      if (word != load_le<std::uint64_t>(data + from) || i - from > kMaxDistance) {
        position_[hash] = static_cast<std::uint32_t>(i);
        i += std::min(1 + ((i - pending) >> kPatience), kMaxStep);
        continue;
      }
    }
    position_[hash] = static_cast<std::uint32_t>(i);
    const std::size_t distance = i - from;
    std::size_t length = kWord + common_prefix(data + from + kWord, data + i + kWord, end);
    for (; i > pending && from > 0 && data[i - 1] == data[from - 1]; --i, --from) ++length;
    tokens.add(i - pending, length, distance);
    i += length;
    pending = i;
  }
  tokens.add_last(block.size() - pending);
}

}  // namespace eventcodec::png
