// deflate.h - the compressor of level "fast": blocks of Huffman-coded bytes and repeats, each with
// its own code, or stored where that is smaller.
#pragma once

#include <memory>

#include "base/buffer.h"
#include "base/bytes.h"
#include "png/block_code.h"
#include "png/repeats.h"
#include "png/runs.h"
#include "png/token.h"
#include "png/token_writer.h"

namespace eventcodec::png {

// Writes the blocks of one deflate stream (RFC 1951), one call after the other.
class Deflater {
 public:
  // nullptr: out of memory.
  static std::unique_ptr<Deflater> create();

  // Appends `data` (1 to kMaxBlock bytes) as one block, in whole bytes; bits that do not fill a
  // byte wait for the next call, `last` fills up. Never more than stored_bytes(data.size()) + 1
  // bytes. False: out of memory.
  [[nodiscard]] bool add_block(ByteView data, bool last, Buffer& out);

  // Appends an empty stored block, so that no bits wait: what another Deflater makes can follow.
  // False: out of memory.
  [[nodiscard]] bool add_boundary(Buffer& out);

 private:
  const BlockCode& choose(ByteView data);
  bool repeats_may_pay(ByteView data);

  RunFinder run_finder_;
  RepeatFinder repeat_finder_;
  Tokens runs_;
  Tokens repeats_;
  Tokens sample_;
  BlockCode run_code_;
  BlockCode repeat_code_;
  BlockCodes codes_;
  const Tokens* tokens_ = nullptr;
  // Blocks to come in which repeats are not looked for, and how many it will be the next time.
  unsigned pause_ = 0;
  unsigned next_pause_ = 0;
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
