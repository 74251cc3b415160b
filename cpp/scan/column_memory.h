// column_memory.h - the memory that columns are made of.  Small blocks come from malloc. Those of a
// long file are cut from chunks of one huge page each: its columns are filled once from front to
// back, and half the time of that would go into page faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace eventcodec::scan {

class ColumnMemory {
 public:
  // So many bytes, aligned for any column; null when memory is exhausted. The block lives as long
  // as its owner, and a chunk as long as any block of it. `file_bytes` is the size of what is being
  // scanned, which tells whether a chunk will be used up.
  [[nodiscard]] std::shared_ptr<void> take(std::uint64_t bytes, std::uint64_t file_bytes);

 private:
  std::shared_ptr<void> chunk_;  // that blocks are being cut from
  std::size_t used_ = 0;         // of its bytes
};

}  // namespace eventcodec::scan
