// huffman.cc - code lengths from counts: Huffman's algorithm with two queues, then shortening.
#include "png/huffman.h"

#include <algorithm>
#include <array>
#include <utility>

namespace eventcodec::png {
namespace {

constexpr unsigned kMaxLength = 15;

struct Leaf {
  std::uint32_t count;
  std::uint32_t symbol;
};
using Leaves = std::array<Leaf, kMaxHuffmanSymbols>;

// Sorts by count, eight bits at a time; equal ones stay in order.
void sort_by_count(Leaves& leaves, std::size_t used) {
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < used; ++i) all |= leaves[i].count;
  Leaves other;
  Leaves* from = &leaves;
  Leaves* to = &other;
  for (unsigned shift = 0; shift < 32 && (all >> shift) != 0; shift += 8) {
    std::array<std::uint16_t, 256> next{};
    for (std::size_t i = 0; i < used; ++i) ++next[((*from)[i].count >> shift) & 0xff];
    std::uint16_t before = 0;
    for (std::uint16_t& start : next) {
      const std::uint16_t count = start;
      start = before;
      before = static_cast<std::uint16_t>(before + count);
    }
    for (std::size_t i = 0; i < used; ++i) {
      (*to)[next[((*from)[i].count >> shift) & 0xff]++] = (*from)[i];
    }
    std::swap(from, to);
  }
  if (from != &leaves) std::copy_n(from->begin(), used, leaves.begin());
}

// The occurring symbols, rarest first; filled up to two with symbols that do not occur.
std::size_t sorted_leaves(std::span<const std::uint32_t> counts, Leaves& leaves) {
  std::size_t used = 0;
  for (std::uint32_t symbol = 0; symbol < counts.size(); ++symbol) {
    leaves[used] = {counts[symbol], symbol};
    used += counts[symbol] != 0 ? 1 : 0;
  }
  for (std::uint32_t symbol = 0; used < 2; ++symbol) {
    if (counts[symbol] == 0) leaves[used++] = {1, symbol};
  }
  sort_by_count(leaves, used);
  return used;
}

// How many leaves stand at each depth of the Huffman tree; depths beyond kDeepest count as that.
constexpr std::size_t kDeepest = 63;
std::array<std::uint32_t, kDeepest + 1> depths(std::span<const Leaf> leaves) {
  const std::size_t n = leaves.size();
  std::array<std::uint64_t, kMaxHuffmanSymbols> weight;      // of inner nodes, as they are made
  std::array<std::uint16_t, 2 * kMaxHuffmanSymbols> parent;  // leaves, then inner nodes
  std::size_t leaf = 0;
  std::size_t inner = 0;
  for (std::size_t made = 0; made + 1 < n; ++made) {
    std::uint64_t sum = 0;
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < n && (inner == made || leaves[leaf].count <= weight[inner]);
      sum += take_leaf ? leaves[leaf].count : weight[inner];
      parent[take_leaf ? leaf++ : n + inner++] = static_cast<std::uint16_t>(made);
    }
    weight[made] = sum;
  }
  std::array<std::uint16_t, kMaxHuffmanSymbols> depth;  // of inner nodes; the root was made last
  depth[n - 2] = 0;
  for (std::size_t node = n - 2; node-- > 0;) {
    depth[node] = static_cast<std::uint16_t>(depth[parent[n + node]] + 1);
  }
  std::array<std::uint32_t, kDeepest + 1> at_depth{};
  for (std::size_t i = 0; i < n; ++i) {
    ++at_depth[std::min<std::size_t>(depth[parent[i]] + 1u, kDeepest)];
  }
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

constexpr std::array<std::uint8_t, 256> make_reversed_bytes() {
  std::array<std::uint8_t, 256> bytes{};
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      bytes[i] = static_cast<std::uint8_t>(bytes[i] | (((i >> bit) & 1) << (7 - bit)));
    }
  }
  return bytes;
}

constexpr std::array<std::uint8_t, 256> kReversedBytes = make_reversed_bytes();

std::uint16_t reversed(unsigned bits, unsigned length) {
  const unsigned all = (unsigned{kReversedBytes[bits & 0xff]} << 8) | kReversedBytes[bits >> 8];
  return static_cast<std::uint16_t>(all >> (16 - length));
}

}  // namespace

void assign_lengths(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes) {
  Leaves leaves;
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
