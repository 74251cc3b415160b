// block_code.h - the codes of one block: chosen by counts, described by the code of codes.
#pragma once

#include <array>

#include "base/bytes.h"
#include "png/huffman.h"
#include "png/token.h"
#include "png/token_writer.h"

namespace eventcodec::png {

// Deflate's dynamic codes (RFC 1951 section 3.2.7) for one block at a time.
class BlockCode {
 public:
  // Counts what the tokens of `data` are made of, and chooses the codes for it. Of many literals in
  // a row, and of many tokens where all are `runs_only` of distance 1, a part is counted; then
  // whatever can occur has a code.
  void choose(ByteView data, std::span<const Token> tokens, bool runs_only);

  // The bits of the block with its head, as far as was counted.
  [[nodiscard]] std::size_t bits() const { return bits_; }
  // The bits of some tokens of the block in these codes; a repeat counts as `repeat_bits` where it
  // is at a distance beyond 1, for which there may be no code.
  [[nodiscard]] std::size_t bits_of(ByteView data, std::span<const Token> tokens,
                                    std::size_t repeat_bits) const;

  // Room for the head of a block.
  static constexpr std::size_t kMaxHeadBytes = 512;
  void write_head(bool last, BitWriter& to) const;
  // What token writers want to know.
  void fill(BlockCodes& codes) const;
  [[nodiscard]] Code end_of_block() const { return length_codes_[kEndOfBlock]; }

 private:
  static constexpr std::size_t kMetaSymbols = 19;

  void count(ByteView data, std::span<const Token> tokens, bool runs_only);
  void scale_repeats(std::uint32_t step);
  std::size_t describe();
  void add_meta(std::size_t symbol, std::size_t extra);

  std::array<std::uint32_t, kLengthSymbols> length_counts_;
  std::array<std::uint32_t, kDistanceSymbols> distance_counts_;
  std::array<Code, kLengthSymbols> length_codes_;
  std::array<Code, kDistanceSymbols> distance_codes_;
  std::size_t extra_bits_ = 0;
  std::size_t bits_ = 0;
  // The code of the codes: symbols 0-15 are lengths, 16-18 repeats of them.
  struct Meta {
    std::uint8_t symbol;
    std::uint8_t extra;
  };
  std::array<Meta, kLengthSymbols + kDistanceSymbols> meta_;
  std::array<std::uint32_t, kMetaSymbols> meta_counts_;
  std::array<Code, kMetaSymbols> meta_codes_;
  std::size_t meta_count_ = 0;
  std::size_t meta_listed_ = 0;
  std::size_t length_used_ = 0;
  std::size_t distance_used_ = 0;
};

}  // namespace eventcodec::png
