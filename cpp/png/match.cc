// match.cc - finds repeats in a block of filtered scanlines.
#include "png/match.h"

#include <algorithm>
#include <bit>

namespace eventcodec::png {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
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

void Matcher::add(std::size_t literals, std::size_t length, std::size_t distance) {
  while (length > kMaxMatch) {
    // The last part must not be shorter than deflate's shortest repeat.
    const std::size_t part = std::min(kMaxMatch, length - kMinMatch);
    tokens_[count_++] = {static_cast<std::uint32_t>(literals), static_cast<std::uint16_t>(part),
                         static_cast<std::uint16_t>(distance)};
    literals = 0;
    length -= part;
  }
  tokens_[count_++] = {static_cast<std::uint32_t>(literals), static_cast<std::uint16_t>(length),
                       static_cast<std::uint16_t>(distance)};
}

std::span<const Token> Matcher::tokenize(ByteView block) {
  const std::uint8_t* const data = block.data();
  const std::uint8_t* const end = data + block.size();
  position_.fill(0);  // a wrong candidate is found out by comparing
  count_ = 0;
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
    add(i - pending, length, distance);
    i += length;
    pending = i;
  }
  if (pending != block.size()) add(block.size() - pending, 0, 0);
  return {tokens_.data(), count_};
}

}  // namespace eventcodec::png
