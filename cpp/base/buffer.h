// buffer.h - the growable output of encoders: reserve a bound, then write without checks.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/bytes.h"

namespace eventcodec {

// A growable run of bytes. `reserve` is the only call that allocates; it reports exhaustion as
// nullptr instead of throwing. Pointers and views into a Buffer live until the next reserve().
class Buffer {
 public:
  // Room for `bytes` more bytes after the current end, or nullptr when memory is exhausted. (>= and
  // not >: no bytes at the end of an empty buffer are not nullptr.)
  [[nodiscard]] std::uint8_t* reserve(std::size_t bytes) {
    if (bytes >= capacity_ - size_ && !grow(bytes)) return nullptr;
    return data_.get() + size_;
  }

  // Makes `bytes` bytes that were written at reserve()'s result part of the buffer.
  void commit(std::size_t bytes) { size_ += bytes; }

  [[nodiscard]] bool append(ByteView bytes) {
    std::uint8_t* end = reserve(bytes.size());
    if (end == nullptr) return false;
    store_bytes(end, bytes);
    commit(bytes.size());
    return true;
  }

  // Forgets the first `bytes` bytes and moves the rest to the front.
  void drop_front(std::size_t bytes) {
    size_ -= bytes;
    if (size_ != 0) std::memmove(data_.get(), data_.get() + bytes, size_);
  }

  // Forgets what was appended after the first `size` bytes.
  void truncate(std::size_t size) { size_ = size; }

  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::uint8_t* data() { return data_.get(); }
  [[nodiscard]] const std::uint8_t* data() const { return data_.get(); }
  [[nodiscard]] ByteView view() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const { std::free(p); }
  };

  bool grow(std::size_t bytes) {
    if (bytes > SIZE_MAX / 2 - size_) return false;
    const std::size_t wanted = std::max({size_ + bytes, capacity_ + capacity_ / 2, kSmallest});
    auto* moved = static_cast<std::uint8_t*>(std::realloc(data_.get(), wanted));
    if (moved == nullptr) return false;
    (void)data_.release();
    data_.reset(moved);
    capacity_ = wanted;
    return true;
  }

  static constexpr std::size_t kSmallest = 256;
  std::unique_ptr<std::uint8_t[], Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace eventcodec
