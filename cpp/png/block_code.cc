// block_code.cc - counts, code lengths, and their description.
#include "png/block_code.h"

#include <algorithm>
#include <bit>

namespace eventcodec::png {
namespace {

constexpr unsigned kMaxMetaLength = 7;
constexpr std::size_t kFewestLengths = 257;
constexpr std::size_t kFewestMeta = 4;

// What a length becomes: a symbol, and extra bits after it (RFC 1951 section 3.2.5).
struct Split {
  std::uint16_t symbol;
  std::uint8_t extra_bits;
  std::uint8_t extra;
};

constexpr std::array<Split, kMaxMatch + 1> make_length_splits() {
  std::array<Split, kMaxMatch + 1> splits{};
  std::uint16_t symbol = kFirstLength;
  std::size_t length = kMinMatch;
  for (std::uint8_t extra_bits = 0; extra_bits <= 5; ++extra_bits) {
    const int symbols = extra_bits == 0 ? 8 : 4;
    for (int i = 0; i < symbols; ++i, ++symbol) {
      for (std::uint8_t extra = 0; extra < 1u << extra_bits && length <= kMaxMatch; ++extra) {
        splits[length++] = {symbol, extra_bits, extra};
      }
    }
  }
  splits[kMaxMatch] = {kLengthSymbols - 1, 0, 0};
  return splits;
}

constexpr std::array<Split, kMaxMatch + 1> kLengthSplits = make_length_splits();

struct DistanceSplit {
  std::uint32_t symbol;
  std::uint32_t extra_bits;
};

DistanceSplit split_distance(std::size_t distance) {
  const auto value = static_cast<std::uint32_t>(distance - 1);
  if (value < 4) return {value, 0};
  const auto extra_bits = static_cast<std::uint32_t>(std::bit_width(value)) - 2;
  return {2 * extra_bits + (value >> extra_bits), extra_bits};
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

// The range of all bytes as numbers around 0 modulo 256, which residuals are.
class Range {
 public:
  explicit Range(ByteView data) {
    Bytes least = ~Bytes{};
    Bytes most{};
    const std::size_t whole = data.size() - data.size() % sizeof(Bytes);
    for (std::size_t i = 0; i < whole; i += sizeof(Bytes)) {
      Bytes value;
      std::memcpy(&value, data.data() + i, sizeof value);
      value ^= kSign;
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    for (std::size_t i = 0; i < sizeof(Bytes); ++i) add(least[i]), add(most[i]);
    for (std::size_t i = whole; i < data.size(); ++i) {
      add(static_cast<std::uint8_t>(data[i] ^ kSign));
    }
  }
  [[nodiscard]] bool holds(std::size_t byte) const {
    return (byte ^ kSign) >= least_ && (byte ^ kSign) <= most_;
  }

 private:
  // With this bit turned over they are in order.
  static constexpr std::uint8_t kSign = 0x80;
  using Bytes [[gnu::vector_size(16)]] = std::uint8_t;

  void add(std::uint8_t value) {
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
  }

  std::uint8_t least_ = 0xff;
  std::uint8_t most_ = 0;
};

// Four tables of counts, because equal neighbours would wait for each other's increment.
class LiteralCounter {
 public:
  void add(const std::uint8_t* p, std::size_t size) {
    for (; size >= 4; size -= 4, p += 4) {
      for (std::size_t k = 0; k < 4; ++k) ++tables_[k][p[k]];
    }
    for (; size != 0; --size, ++p) ++tables_[0][*p];
  }
  [[nodiscard]] std::uint32_t operator[](std::size_t i) const {
    return tables_[0][i] + tables_[1][i] + tables_[2][i] + tables_[3][i];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> tables_{};
};

// Of many tokens, and of many literals in a row, an eighth is looked at: the codes are as good
// within a few thousandths.
constexpr std::size_t kWorthSkipping = 1024;
constexpr std::size_t kWorthSampling = 512;
constexpr std::size_t kSampleStep = 64;
constexpr std::uint32_t kShare = 8;

}  // namespace

void BlockCode::count(ByteView data, std::span<const Token> tokens, bool runs_only) {
  LiteralCounter exact;
  LiteralCounter samples;
  bool sampled = false;
  length_counts_.fill(0);
  distance_counts_.fill(0);
  extra_bits_ = 0;
  const std::uint32_t step = runs_only && tokens.size() >= kWorthSkipping ? kShare : 1;
  const std::uint8_t* p = data.data();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const std::uint8_t* literals = p;
    p += std::size_t{token.literals} + token.length;
    std::size_t left = token.literals;
    if (left >= kWorthSampling) {
      sampled = true;
      for (; left >= kSampleStep; left -= kSampleStep, literals += kSampleStep) {
        samples.add(literals, kSampleStep / kShare);
      }
    }
    if (i % step != 0) continue;
    exact.add(literals, left);
    if (token.length == 0) break;
    const Split& length = kLengthSplits[token.length];
    const DistanceSplit distance = split_distance(token.distance);
    ++length_counts_[length.symbol];
    ++distance_counts_[distance.symbol];
    extra_bits_ += length.extra_bits + distance.extra_bits;
  }
  for (std::size_t i = 0; i < 256; ++i) length_counts_[i] = exact[i] * step + samples[i] * kShare;
  length_counts_[kEndOfBlock] = 1;
  if (step != 1) scale_repeats(step);
  if (!sampled && step == 1) return;
  // What was not seen among the samples still needs a code, unless it cannot occur.
  const Range range(data);
  for (std::size_t i = 0; i < 256; ++i) {
    if (length_counts_[i] == 0 && range.holds(i)) length_counts_[i] = 1;
  }
}

// Makes the counts of repeats, of which a part was looked at, those of all; any length can occur.
void BlockCode::scale_repeats(std::uint32_t step) {
  for (std::size_t i = kFirstLength; i < kLengthSymbols; ++i) {
    length_counts_[i] = std::max<std::uint32_t>(length_counts_[i] * step, 1);
  }
  distance_counts_[0] = std::max<std::uint32_t>(distance_counts_[0] * step, 1);
  extra_bits_ *= step;
}

void BlockCode::choose(ByteView data, std::span<const Token> tokens, bool runs_only) {
  count(data, tokens, runs_only);
  assign_lengths(length_counts_, kMaxCodeLength, length_codes_);
  assign_lengths(distance_counts_, kMaxCodeLength, distance_codes_);
  assign_bits(length_codes_);
  assign_bits(distance_codes_);
  bits_ = 3 + describe() + cost_in_bits(length_counts_, length_codes_) +
          cost_in_bits(distance_counts_, distance_codes_) + extra_bits_;
}

std::size_t BlockCode::bits_of(ByteView data, std::span<const Token> tokens,
                               std::size_t repeat_bits) const {
  const auto cost = [&](std::size_t symbol) {
    const unsigned length = length_codes_[symbol].length;
    return length != 0 ? std::size_t{length} : std::size_t{kMaxCodeLength};
  };
  std::size_t bits = 0;
  const std::uint8_t* p = data.data();
  for (const Token& token : tokens) {
    for (std::size_t i = 0; i < token.literals; ++i) bits += cost(p[i]);
    if (token.length == 0) break;
    const Split& length = kLengthSplits[token.length];
    bits += cost(length.symbol) + length.extra_bits + (token.distance == 1 ? 1 : repeat_bits);
    p += token.literals + token.length;
  }
  return bits;
}

void BlockCode::add_meta(std::size_t symbol, std::size_t extra) {
  meta_[meta_count_++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
  ++meta_counts_[symbol];
}

// Describes both codes by the code of codes. Returns the bits of the description.
std::size_t BlockCode::describe() {
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
  meta_counts_.fill(0);
  meta_count_ = 0;
  for (std::size_t i = 0; i < total;) {
    std::size_t run = 1;
    while (i + run < total && lengths[i + run] == lengths[i]) ++run;
    i += run;
    const std::uint8_t length = lengths[i - 1];
    if (length == 0) {
      for (; run >= 11; run -= std::min<std::size_t>(run, 138)) {
        add_meta(18, std::min<std::size_t>(run, 138) - 11);
      }
      if (run >= 3) add_meta(17, run - 3), run = 0;
    } else {
      add_meta(length, 0), --run;
      for (; run >= 3; run -= std::min<std::size_t>(run, 6)) {
        add_meta(16, std::min<std::size_t>(run, 6) - 3);
      }
    }
    for (; run != 0; --run) add_meta(length, 0);
  }
  assign_lengths(meta_counts_, kMaxMetaLength, meta_codes_);
  assign_bits(meta_codes_);
  meta_listed_ = kMetaSymbols;
  while (meta_listed_ > kFewestMeta && meta_codes_[kMetaOrder[meta_listed_ - 1]].length == 0) {
    --meta_listed_;
  }
  return 5 + 5 + 4 + 3 * meta_listed_ + cost_in_bits(meta_counts_, meta_codes_) +
         2 * meta_counts_[16] + 3 * meta_counts_[17] + 7 * meta_counts_[18];
}

void BlockCode::write_head(bool last, BitWriter& to) const {
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

void BlockCode::fill(BlockCodes& codes) const {
  for (std::size_t i = 0; i < 256; ++i) {
    const Code code = length_codes_[i];
    codes.literals[i] = code;
    codes.lengths[i] = static_cast<std::uint8_t>(code.length);
    codes.low[i] = static_cast<std::uint8_t>(code.bits);
    codes.high[i] = static_cast<std::uint8_t>(code.bits >> 8);
  }
  for (std::size_t i = kMinMatch; i <= kMaxMatch; ++i) {
    const Split& split = kLengthSplits[i];
    const Code code = length_codes_[split.symbol];
    codes.repeats[i] = code.bits | (std::uint32_t{split.extra} << code.length) |
                       ((std::uint32_t{code.length} + split.extra_bits) << kRepeatBits);
  }
  std::copy(distance_codes_.begin(), distance_codes_.end(), codes.distances);
}

}  // namespace eventcodec::png
