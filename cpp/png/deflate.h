// deflate.h - the compressor of level "fast": blocks of Huffman-coded bytes and repeats, each with
// its own code, or stored where that is smaller.
#pragma once

#include <array>
#include <memory>

#include "base/buffer.h"
#include "base/bytes.h"
#include "png/huffman.h"
#include "png/match.h"

namespace eventcodec::png {

class BitWriter;

// Writes the blocks of one deflate stream (RFC 1951), one call after the other.
class Deflater {
 public:
  // nullptr: out of memory.
  static std::unique_ptr<Deflater> create();

  // Appends `data` (1 to kMaxBlock bytes) as one block, in whole bytes; bits that do not fill a
  // byte wait for the next call, `last` fills up. Never more than stored_bytes(data.size()) + 1
  // bytes. False: out of memory.
  [[nodiscard]] bool add_block(ByteView data, bool last, Buffer& out);

 private:
  void count(ByteView data, std::span<const Token> tokens);
  std::size_t plan_lengths();
  [[nodiscard]] std::size_t coded_bits() const;
  void write_header(bool last, BitWriter& to) const;
  void write_tokens(ByteView data, std::span<const Token> tokens, BitWriter& to) const;

  Matcher matcher_;
  std::array<std::uint32_t, kLengthSymbols> length_counts_;
  std::array<std::uint32_t, kDistanceSymbols> distance_counts_;
  std::array<Code, kLengthSymbols> length_codes_;
  std::array<Code, kDistanceSymbols> distance_codes_;
  std::size_t extra_bits_ = 0;
  // The code of the codes: symbols 0-15 are lengths, 16-18 repeats of them.
  static constexpr std::size_t kMetaSymbols = 19;
  struct Meta {
    std::uint8_t symbol;
    std::uint8_t extra;
  };
  std::array<Meta, kLengthSymbols + kDistanceSymbols> meta_;
  std::size_t meta_count_ = 0;
  std::size_t meta_listed_ = 0;
  std::size_t length_used_ = 0;
  std::size_t distance_used_ = 0;
  std::array<Code, kMetaSymbols> meta_codes_;
  std::uint64_t waiting_bits_ = 0;
  unsigned waiting_count_ = 0;
};

// Appends `data` as stored blocks. False: out of memory.
[[nodiscard]] bool add_stored(ByteView data, bool last, Buffer& out);

// The bytes that `size` bytes take in stored blocks.
constexpr std::size_t stored_bytes(std::size_t size) {
  const std::size_t blocks = size == 0 ? 1 : (size - 1) / kMaxStoredBytes + 1;
  return size + blocks * kStoredHeadBytes;
}

}  // namespace eventcodec::png
