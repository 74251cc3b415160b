// chunk.h - the memory between the thread that logs and the thread that writes.
// A stream is a list of chunks. The producer appends whole records to the last chunk and publishes
// them with one release store; the consumer reads what is published and never more. No lock is
// shared, so neither ever waits for the other.
#pragma once

#include <sys/mman.h>

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
  static constexpr std::size_t kHeaderBytes = 3 * sizeof(std::uint64_t);
  // The whole of a chunk that is not made for one large record, and what it has room for.
  static constexpr std::size_t kStandardBytes = 256 * 1024;
  static constexpr std::size_t kStandardCapacity = kStandardBytes - kHeaderBytes;

  struct Free {
    void operator()(Chunk* chunk) const {
      const std::size_t bytes = sizeof(Chunk) + chunk->capacity_;
      chunk->~Chunk();
      if (is_mapped(bytes)) {
        munmap(chunk, bytes);
      } else {
        std::free(chunk);
      }
    }
  };
  using Owner = std::unique_ptr<Chunk, Free>;

  // nullptr when memory is exhausted.
  static Owner create(std::size_t capacity) {
    void* memory = allocate(sizeof(Chunk) + capacity);
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

  // A standard chunk is pages of its own: the many that wait while a disk is slow go back to the
  // system when they are written, where a heap would keep them.
  static bool is_mapped([[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
    return false;  // a write past the end is seen on the heap only
#else
    return bytes == kStandardBytes;
#endif
  }
  static void* allocate(std::size_t bytes) {
    if (!is_mapped(bytes)) return std::malloc(bytes);
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }

  std::atomic<std::uint64_t> published_{0};
  std::atomic<Chunk*> next_{nullptr};
  std::size_t capacity_;
};
static_assert(sizeof(Chunk) == Chunk::kHeaderBytes);

}  // namespace eventcodec::stream
