// Codes are complete, limited, prefix-free and as short as Huffman's where the limit allows.
#include "png/huffman.h"

#include <algorithm>

#include "check.h"

namespace png = eventcodec::png;

namespace {

std::vector<png::Code> codes_of(const std::vector<std::uint32_t>& counts, unsigned limit) {
  std::vector<png::Code> codes(counts.size());
  png::assign_lengths(counts, limit, codes);
  png::assign_bits(codes);
  return codes;
}

std::uint64_t kraft(const std::vector<png::Code>& codes, unsigned limit) {
  std::uint64_t sum = 0;
  for (const png::Code& code : codes) {
    if (code.length != 0) sum += std::uint64_t{1} << (limit - code.length);
  }
  return sum;
}

std::uint64_t cost(const std::vector<std::uint32_t>& counts, const std::vector<png::Code>& codes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    bits += std::uint64_t{counts[i]} * codes[i].length;
  }
  return bits;
}

// Huffman's cost by definition: the sum of all merges of the two rarest.
std::uint64_t least_cost(std::vector<std::uint64_t> weights) {
  std::uint64_t bits = 0;
  while (weights.size() > 1) {
    std::sort(weights.begin(), weights.end(), std::greater<>());
    const std::uint64_t merged = weights.back() + weights[weights.size() - 2];
    weights.pop_back();
    weights.back() = merged;
    bits += merged;
  }
  return bits;
}

}  // namespace

// RFC 1951 section 3.2.2: lengths (3, 3, 3, 3, 3, 2, 4, 4) have these codes.
TEST(bits_of_the_rfc_example) {
  std::vector<png::Code> codes(8);
  const std::uint16_t lengths[8] = {3, 3, 3, 3, 3, 2, 4, 4};
  const unsigned want[8] = {0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111};
  for (std::size_t i = 0; i < 8; ++i) codes[i].length = lengths[i];
  png::assign_bits(codes);
  for (std::size_t i = 0; i < 8; ++i) {
    unsigned reversed = 0;  // the first bit of a code is its highest, and is written first
    for (unsigned bit = 0; bit < lengths[i]; ++bit) {
      reversed |= ((codes[i].bits >> bit) & 1u) << (lengths[i] - 1u - bit);
    }
    CHECK_EQ(reversed, want[i]);
  }
}

TEST(at_least_two_symbols) {
  CHECK_EQ(kraft(codes_of({0, 0, 0}, 12), 12), 1u << 12);
  CHECK_EQ(kraft(codes_of({0, 9, 0}, 12), 12), 1u << 12);
}

TEST(codes_are_complete_limited_and_short) {
  check::Random random(11);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t symbols = 2 + random.below(285);
    const unsigned skew = static_cast<unsigned>(random.below(30));
    std::vector<std::uint32_t> counts(symbols);
    std::vector<std::uint64_t> weights;
    for (std::uint32_t& count : counts) {
      if (random.below(4) == 0) continue;
      count =
          1 + static_cast<std::uint32_t>(random.below(std::uint64_t{1} << random.below(1 + skew)));
      weights.push_back(count);
    }
    if (weights.size() < 2) continue;
    const auto codes = codes_of(counts, 12);
    CHECK_EQ(kraft(codes, 12), std::uint64_t{1} << 12);
    unsigned longest = 0;
    for (std::size_t i = 0; i < symbols; ++i) {
      CHECK_EQ(codes[i].length != 0, counts[i] != 0);
      longest = std::max<unsigned>(longest, codes[i].length);
    }
    CHECK(longest <= 12);
    const std::uint64_t least = least_cost(weights);
    CHECK(cost(counts, codes) >= least);
    // Where no code was shortened the cost is Huffman's; the limit costs a few per cent at worst.
    if (longest < 12) CHECK_EQ(cost(counts, codes), least);
    CHECK(cost(counts, codes) <= least + least / 20);
  }
}

// Fibonacci counts make the deepest trees.
TEST(deepest_trees_are_limited) {
  std::vector<std::uint32_t> counts = {1, 1};
  while (counts.size() < 40) counts.push_back(counts.back() + counts[counts.size() - 2]);
  for (const unsigned limit : {7u, 12u, 15u}) {
    const auto codes = codes_of(counts, limit);
    CHECK_EQ(kraft(codes, limit), std::uint64_t{1} << limit);
  }
}
