// chunk.h - the memory between the thread that logs and the thread that writes.
// A stream is a list of chunks. The producer appends whole records to the last chunk and publishes
// them with one release store; the consumer reads what is published and never more. No lock is
// shared, so neither ever waits for the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/bytes.h"

namespace eventcodec::stream {

// Bytes and records that stand in a chunk, published together as one word.
struct Extent {
  std::uint32_t bytes = 0;
  std::uint32_t records = 0;
};

// A header and `capacity` bytes after it, in one allocation.
class Chunk {
 public:
  struct Free {
    void operator()(Chunk* chunk) const {
      chunk->~Chunk();
      std::free(chunk);
    }
  };
  using Owner = std::unique_ptr<Chunk, Free>;

  // nullptr when memory is exhausted.
  static Owner create(std::size_t capacity) {
    void* memory = std::malloc(sizeof(Chunk) + capacity);
    return Owner(memory == nullptr ? nullptr : new (memory) Chunk(capacity));
  }

  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // Producer: everything in `extent` is written and stays as it is.
  void publish(Extent extent) {
    published_.store(static_cast<std::uint64_t>(extent.records) << 32 | extent.bytes,
                     std::memory_order_release);
  }
  // Consumer: what may be read.
  [[nodiscard]] Extent published() const {
    const std::uint64_t word = published_.load(std::memory_order_acquire);
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }

  // Producer: no more records come here; they go to `next`, which the list now owns.
  void link(Owner next) { next_.store(next.release(), std::memory_order_release); }
  // Consumer: nullptr while the producer may still append here.
  [[nodiscard]] Chunk* next() const { return next_.load(std::memory_order_acquire); }

  // As new. Only for a chunk that neither side uses.
  void reset() {
    published_.store(0, std::memory_order_relaxed);
    next_.store(nullptr, std::memory_order_relaxed);
  }

 private:
  explicit Chunk(std::size_t capacity) : capacity_(capacity) {}

  std::atomic<std::uint64_t> published_{0};
  std::atomic<Chunk*> next_{nullptr};
  std::size_t capacity_;
};

}  // namespace eventcodec::stream
