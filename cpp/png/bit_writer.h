// bit_writer.h - deflate's bit order: the first bit is the lowest of the first byte.
#pragma once

#include "base/bytes.h"

namespace eventcodec::png {

// Appends bits at a pointer. The caller has reserved room for what it writes and kSlack bytes more.
// Between calls of flush() at most 56 bits are put.
class BitWriter {
 public:
  static constexpr std::size_t kSlack = 8;

  EVENTCODEC_INLINE explicit BitWriter(std::uint8_t* p, std::uint64_t bits = 0, unsigned count = 0)
      : p_(p), bits_(bits), count_(count) {}

  EVENTCODEC_INLINE void put(std::uint64_t bits, unsigned count) {
    bits_ |= bits << count_;
    count_ += count;
  }

  // Moves whole bytes out; at most 7 bits stay.
  EVENTCODEC_INLINE void flush() {
    store_le(p_, bits_);
    p_ += count_ >> 3;
    bits_ >>= count_ & ~7u;
    count_ &= 7;
  }

  // Fills the last byte with zero bits.
  EVENTCODEC_INLINE void align() {
    count_ = (count_ + 7) & ~7u;
    flush();
  }

  EVENTCODEC_INLINE void put_bytes(ByteView bytes) { p_ = store_bytes(p_, bytes); }

  [[nodiscard]] EVENTCODEC_INLINE std::uint8_t* end() const { return p_; }
  [[nodiscard]] EVENTCODEC_INLINE std::uint64_t bits() const { return bits_; }
  [[nodiscard]] EVENTCODEC_INLINE unsigned count() const { return count_; }

 private:
  std::uint8_t* p_;
  std::uint64_t bits_;
  unsigned count_;
};

}  // namespace eventcodec::png
