// huffman.cc - code lengths from counts: Huffman's algorithm with two queues, then shortening.
#include "png/huffman.h"

#include <algorithm>
#include <array>

namespace eventcodec::png {
namespace {

constexpr unsigned kMaxLength = 15;

struct Leaf {
  std::uint32_t count;
  std::uint32_t symbol;
};

// The occurring symbols, rarest first; filled up to two with symbols that do not occur.
std::size_t sorted_leaves(std::span<const std::uint32_t> counts,
                          std::array<Leaf, kMaxHuffmanSymbols>& leaves) {
  std::size_t used = 0;
  for (std::uint32_t symbol = 0; symbol < counts.size(); ++symbol) {
    if (counts[symbol] != 0) leaves[used++] = {counts[symbol], symbol};
  }
  for (std::uint32_t symbol = 0; used < 2; ++symbol) {
    if (counts[symbol] == 0) leaves[used++] = {1, symbol};
  }
  std::sort(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(used),
            [](const Leaf& a, const Leaf& b) {
              return a.count != b.count ? a.count < b.count : a.symbol < b.symbol;
            });
  return used;
}

// How many leaves stand at each depth of the Huffman tree; depths beyond kDeepest count as that.
constexpr std::size_t kDeepest = 63;
std::array<std::uint32_t, kDeepest + 1> depths(std::span<const Leaf> leaves) {
  const std::size_t n = leaves.size();
  std::array<std::uint64_t, kMaxHuffmanSymbols> weight{};    // of inner nodes, in order of making
  std::array<std::size_t, 2 * kMaxHuffmanSymbols> parent{};  // leaves, then inner nodes
  std::size_t leaf = 0;
  std::size_t inner = 0;
  for (std::size_t made = 0; made + 1 < n; ++made) {
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < n && (inner == made || leaves[leaf].count <= weight[inner]);
      weight[made] += take_leaf ? leaves[leaf].count : weight[inner];
      parent[take_leaf ? leaf++ : n + inner++] = made;
    }
  }
  std::array<std::size_t, kMaxHuffmanSymbols> depth{};  // of inner nodes; the root was made last
  for (std::size_t node = n - 1; node-- > 0;) {
    if (node + 2 < n) depth[node] = depth[parent[n + node]] + 1;
  }
  std::array<std::uint32_t, kDeepest + 1> at_depth{};
  for (std::size_t i = 0; i < n; ++i) ++at_depth[std::min(depth[parent[i]] + 1, kDeepest)];
  return at_depth;
}

// Moves leaves that are too deep up to `limit`, then lengthens shorter codes until Kraft's sum is 1
// again: each step takes one leaf at the limit and hangs it beside the deepest shorter one.
void shorten(std::array<std::uint32_t, kDeepest + 1>& at_depth, unsigned limit) {
  std::uint64_t kraft = 0;  // in units of 2^-limit
  for (std::size_t depth = limit + 1; depth <= kDeepest; ++depth) {
    at_depth[limit] += at_depth[depth];
    at_depth[depth] = 0;
  }
  for (unsigned depth = 1; depth <= limit; ++depth) {
    kraft += static_cast<std::uint64_t>(at_depth[depth]) << (limit - depth);
  }
  for (; kraft > (std::uint64_t{1} << limit); --kraft) {
    unsigned depth = limit - 1;
    while (at_depth[depth] == 0) --depth;
    --at_depth[depth];
    at_depth[depth + 1] += 2;
    --at_depth[limit];
  }
}

std::uint16_t reversed(unsigned bits, unsigned length) {
  unsigned result = 0;
  for (unsigned i = 0; i < length; ++i, bits >>= 1) result = (result << 1) | (bits & 1);
  return static_cast<std::uint16_t>(result);
}

}  // namespace

void assign_lengths(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes) {
  std::array<Leaf, kMaxHuffmanSymbols> leaves;
  const std::size_t used = sorted_leaves(counts, leaves);
  auto at_depth = depths({leaves.data(), used});
  shorten(at_depth, limit);
  std::fill(codes.begin(), codes.end(), Code{});
  std::size_t next = 0;
  for (unsigned length = limit; length > 0; --length) {
    for (std::uint32_t i = 0; i < at_depth[length]; ++i) {
      codes[leaves[next++].symbol].length = static_cast<std::uint16_t>(length);
    }
  }
}

void assign_bits(std::span<Code> codes) {
  std::array<unsigned, kMaxLength + 1> with_length{};
  for (const Code& code : codes) ++with_length[code.length];
  std::array<unsigned, kMaxLength + 1> next{};
  with_length[0] = 0;
  for (unsigned length = 1; length <= kMaxLength; ++length) {
    next[length] = (next[length - 1] + with_length[length - 1]) << 1;
  }
  for (Code& code : codes) {
    if (code.length != 0) code.bits = reversed(next[code.length]++, code.length);
  }
}

}  // namespace eventcodec::png
