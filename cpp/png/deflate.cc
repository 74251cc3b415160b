// deflate.cc - one block: tokens, counts, codes, bits.
#include "png/deflate.h"

#include <algorithm>
#include <bit>
#include <new>

#include "png/bit_writer.h"
#include "png/format.h"

namespace eventcodec::png {
namespace {

// Four literals are put between two flushes: 4 * 12 + 7 waiting bits fit 56.
constexpr unsigned kMaxCodeLength = 12;
constexpr unsigned kMaxMetaLength = 7;
constexpr std::size_t kFewestLengths = 257;
constexpr std::size_t kFewestMeta = 4;

// What a length or distance becomes: a symbol, and extra bits after it (RFC 1951 section 3.2.5).
struct Split {
  std::uint16_t symbol;
  std::uint8_t extra_bits;
  std::uint16_t extra;
};

using LengthSplits = std::array<Split, kMaxMatch + 1>;

constexpr LengthSplits make_length_splits() {
  LengthSplits splits{};
  std::uint16_t symbol = kFirstLength;
  std::size_t length = kMinMatch;
  for (std::uint8_t extra_bits = 0; extra_bits <= 5; ++extra_bits) {
    const int symbols = extra_bits == 0 ? 8 : 4;
    for (int i = 0; i < symbols; ++i, ++symbol) {
      for (std::uint16_t extra = 0; extra < 1u << extra_bits && length <= kMaxMatch; ++extra) {
        splits[length++] = {symbol, extra_bits, extra};
      }
    }
  }
  splits[kMaxMatch] = {kLengthSymbols - 1, 0, 0};
  return splits;
}

constexpr LengthSplits kLengthSplits = make_length_splits();

EVENTCODEC_INLINE Split split_distance(std::size_t distance) {
  const auto value = static_cast<std::uint32_t>(distance - 1);
  if (value < 4) return {static_cast<std::uint16_t>(value), 0, 0};
  const auto extra_bits = static_cast<std::uint32_t>(std::bit_width(value)) - 2;
  const std::uint32_t symbol = 2 * extra_bits + (value >> extra_bits);
  return {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(extra_bits),
          static_cast<std::uint16_t>(value & ((1u << extra_bits) - 1))};
}

template <std::size_t N>
std::size_t cost_in_bits(const std::array<std::uint32_t, N>& counts,
                         const std::array<Code, N>& codes) {
  std::size_t bits = 0;
  for (std::size_t i = 0; i < N; ++i) bits += std::size_t{counts[i]} * codes[i].length;
  return bits;
}

// The number of leading symbols up to the last one that has a code, but at least `fewest`.
template <std::size_t N>
std::size_t used(const std::array<Code, N>& codes, std::size_t fewest) {
  std::size_t count = N;
  while (count > fewest && codes[count - 1].length == 0) --count;
  return count;
}

// The order in which the lengths of the code of codes are sent: the likely ones first.
constexpr std::array<std::uint8_t, 19> kMetaOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

constexpr unsigned meta_extra_bits(unsigned symbol) {
  return symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
}

void write_stored(ByteView data, bool last, BitWriter& to) {
  while (!data.empty()) {
    const ByteView part = data.first(std::min(data.size(), kMaxStoredBytes));
    data = data.subspan(part.size());
    to.put(last && data.empty() ? 1 : 0, 1);
    to.put(kStored, 2);
    to.align();
    const auto size = static_cast<std::uint16_t>(part.size());
    to.put(size, 16);
    to.put(static_cast<std::uint16_t>(~size), 16);
    to.flush();
    to.put_bytes(part);
  }
}

}  // namespace

std::unique_ptr<Deflater> Deflater::create() {
  return std::unique_ptr<Deflater>(new (std::nothrow) Deflater);
}

void Deflater::count(ByteView data, std::span<const Token> tokens) {
  // Four tables, because equal neighbours would wait for each other's increment.
  std::array<std::array<std::uint32_t, 256>, 4> literals{};
  length_counts_.fill(0);
  distance_counts_.fill(0);
  extra_bits_ = 0;
  const std::uint8_t* p = data.data();
  for (const Token& token : tokens) {
    std::size_t run = token.literals;
    for (; run >= 4; run -= 4, p += 4) {
      for (std::size_t k = 0; k < 4; ++k) ++literals[k][p[k]];
    }
    for (; run != 0; --run, ++p) ++literals[0][*p];
    if (token.length == 0) break;
    const Split& length = kLengthSplits[token.length];
    const Split distance = split_distance(token.distance);
    ++length_counts_[length.symbol];
    ++distance_counts_[distance.symbol];
    extra_bits_ += std::size_t{length.extra_bits} + distance.extra_bits;
    p += token.length;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    length_counts_[i] = literals[0][i] + literals[1][i] + literals[2][i] + literals[3][i];
  }
  length_counts_[kEndOfBlock] = 1;
}

// Chooses both codes and describes them by the code of codes. Returns the bits of the description.
std::size_t Deflater::plan_lengths() {
  assign_lengths(length_counts_, kMaxCodeLength, length_codes_);
  assign_lengths(distance_counts_, kMaxCodeLength, distance_codes_);
  assign_bits(length_codes_);
  assign_bits(distance_codes_);
  length_used_ = used(length_codes_, kFewestLengths);
  distance_used_ = used(distance_codes_, 1);

  std::array<std::uint8_t, kLengthSymbols + kDistanceSymbols> lengths;
  std::size_t total = 0;
  for (std::size_t i = 0; i < length_used_; ++i) {
    lengths[total++] = static_cast<std::uint8_t>(length_codes_[i].length);
  }
  for (std::size_t i = 0; i < distance_used_; ++i) {
    lengths[total++] = static_cast<std::uint8_t>(distance_codes_[i].length);
  }
  std::array<std::uint32_t, kMetaSymbols> counts{};
  meta_count_ = 0;
  const auto add = [&](std::size_t symbol, std::size_t extra) {
    meta_[meta_count_++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
    ++counts[symbol];
  };
  for (std::size_t i = 0; i < total;) {
    std::size_t run = 1;
    while (i + run < total && lengths[i + run] == lengths[i]) ++run;
    i += run;
    const std::uint8_t length = lengths[i - 1];
    if (length == 0) {
      for (; run >= 11; run -= std::min<std::size_t>(run, 138)) {
        add(18, std::min<std::size_t>(run, 138) - 11);
      }
      if (run >= 3) add(17, run - 3), run = 0;
    } else {
      add(length, 0), --run;
      for (; run >= 3; run -= std::min<std::size_t>(run, 6)) {
        add(16, std::min<std::size_t>(run, 6) - 3);
      }
    }
    for (; run != 0; --run) add(length, 0);
  }
  assign_lengths(counts, kMaxMetaLength, meta_codes_);
  assign_bits(meta_codes_);
  meta_listed_ = kMetaSymbols;
  while (meta_listed_ > kFewestMeta && meta_codes_[kMetaOrder[meta_listed_ - 1]].length == 0) {
    --meta_listed_;
  }
  std::size_t bits = 5 + 5 + 4 + 3 * meta_listed_ + cost_in_bits(counts, meta_codes_);
  bits += 2 * counts[16] + 3 * counts[17] + 7 * counts[18];
  return bits;
}

std::size_t Deflater::coded_bits() const {
  return cost_in_bits(length_counts_, length_codes_) +
         cost_in_bits(distance_counts_, distance_codes_) + extra_bits_;
}

void Deflater::write_header(bool last, BitWriter& to) const {
  to.put(last ? 1 : 0, 1);
  to.put(kDynamic, 2);
  to.put(length_used_ - kFewestLengths, 5);
  to.put(distance_used_ - 1, 5);
  to.put(meta_listed_ - kFewestMeta, 4);
  to.flush();
  for (std::size_t i = 0; i < meta_listed_; ++i) {
    to.put(meta_codes_[kMetaOrder[i]].length, 3);
    to.flush();
  }
  for (std::size_t i = 0; i < meta_count_; ++i) {
    const Code code = meta_codes_[meta_[i].symbol];
    to.put(code.bits, code.length);
    to.put(meta_[i].extra, meta_extra_bits(meta_[i].symbol));
    to.flush();
  }
}

void Deflater::write_tokens(ByteView data, std::span<const Token> tokens, BitWriter& to) const {
  const std::uint8_t* p = data.data();
  BitWriter out = to;  // a local copy stays in registers
  const auto& codes = length_codes_;
  for (const Token& token : tokens) {
    std::size_t run = token.literals;
    for (; run >= 4; run -= 4, p += 4) {
      // Joined in pairs, so that only one shift in four waits for the one before.
      const Code a = codes[p[0]];
      const Code b = codes[p[1]];
      const Code c = codes[p[2]];
      const Code d = codes[p[3]];
      const std::uint64_t ab = a.bits | (std::uint64_t{b.bits} << a.length);
      const std::uint64_t cd = c.bits | (std::uint64_t{d.bits} << c.length);
      const unsigned ab_length = static_cast<unsigned>(a.length) + b.length;
      out.put(ab | (cd << ab_length), ab_length + c.length + d.length);
      out.flush();
    }
    for (; run != 0; --run, ++p) out.put(codes[*p].bits, codes[*p].length);
    out.flush();
    if (token.length == 0) break;
    const Split& length = kLengthSplits[token.length];
    const Split distance = split_distance(token.distance);
    const Code length_code = codes[length.symbol];
    const Code distance_code = distance_codes_[distance.symbol];
    out.put(length_code.bits, length_code.length);
    out.put(length.extra, length.extra_bits);
    out.put(distance_code.bits, distance_code.length);
    out.put(distance.extra, distance.extra_bits);
    out.flush();
    p += token.length;
  }
  out.put(codes[kEndOfBlock].bits, codes[kEndOfBlock].length);
  out.flush();
  to = out;
}

bool Deflater::add_block(ByteView data, bool last, Buffer& out) {
  const std::size_t bound = stored_bytes(data.size()) + 1;
  std::uint8_t* start = out.reserve(bound + BitWriter::kSlack);
  if (start == nullptr) return false;
  BitWriter to(start, waiting_bits_, waiting_count_);
  const std::span<const Token> tokens = matcher_.tokenize(data);
  count(data, tokens);
  const std::size_t dynamic_bits = 3 + plan_lengths() + coded_bits();
  if (dynamic_bits >= 8 * stored_bytes(data.size())) {
    write_stored(data, last, to);
  } else {
    write_header(last, to);
    write_tokens(data, tokens, to);
  }
  if (last) to.align();
  waiting_bits_ = to.bits();
  waiting_count_ = to.count();
  out.commit(static_cast<std::size_t>(to.end() - start));
  return true;
}

bool add_stored(ByteView data, bool last, Buffer& out) {
  std::uint8_t* start = out.reserve(stored_bytes(data.size()) + BitWriter::kSlack);
  if (start == nullptr) return false;
  BitWriter to(start);
  write_stored(data, last, to);
  out.commit(static_cast<std::size_t>(to.end() - start));
  return true;
}

}  // namespace eventcodec::png
