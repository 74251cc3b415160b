// spare_chunks.h - chunks that were written, kept for the next stream that needs one.
// The system takes longer to hand out a fresh page than records take to fill it. A few chunks for
// the whole process bridge the times when the I/O thread is behind; what is more than these goes
// back to the system.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "stream/chunk.h"

namespace eventcodec::stream {

// Safe from any thread, and across a fork: a slot holds a chunk that is all its own, or none.
class SpareChunks {
 public:
  static constexpr std::size_t kMost = 8;

  // An empty chunk of standard capacity, or nullptr when there is no spare one.
  static Chunk::Owner take() {
    for (std::atomic<Chunk*>& slot : slots_) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (Chunk* chunk = slot.exchange(nullptr, std::memory_order_acquire)) {
        chunk->reset();
        return Chunk::Owner(chunk);
      }
    }
    return nullptr;
  }

  // `chunk` is of standard capacity, and nobody reads or writes it any more.
  static void keep(Chunk::Owner chunk) {
    for (std::atomic<Chunk*>& slot : slots_) {
      Chunk* none = nullptr;
      if (slot.compare_exchange_strong(none, chunk.get(), std::memory_order_release,
                                       std::memory_order_relaxed)) {
        (void)chunk.release();
        return;
      }
    }
  }

 private:
  inline static std::array<std::atomic<Chunk*>, kMost> slots_{};
};

}  // namespace eventcodec::stream
