// column_memory.cc - the memory that columns are made of.
#include "scan/column_memory.h"

#include <sys/mman.h>

#include <cstdlib>

namespace eventcodec::scan {
namespace {

constexpr std::size_t kChunk = std::size_t{2} << 20;  // a huge page
// What is cut from chunks: less is a page or two, more wastes too much of a chunk's end.
constexpr std::uint64_t kLeastCut = std::uint64_t{32} << 10;
constexpr std::uint64_t kMostCut = kChunk / 4;
// A file of this size fills a few chunks, so that the last one does not count.
constexpr std::uint64_t kWorthChunks = std::uint64_t{16} << 20;
constexpr std::size_t kAlignment = 64;

std::shared_ptr<void> owned(void* block) {
  return block == nullptr ? nullptr : std::shared_ptr<void>(block, std::free);
}

std::shared_ptr<void> huge_pages(std::uint64_t bytes) {
  void* block = std::aligned_alloc(kChunk, (bytes + kChunk - 1) / kChunk * kChunk);
#if defined(MADV_HUGEPAGE)
  if (block != nullptr) (void)::madvise(block, bytes, MADV_HUGEPAGE);  // advice: it may be refused
#endif
  return owned(block);
}

}  // namespace

std::shared_ptr<void> ColumnMemory::take(std::uint64_t bytes, std::uint64_t file_bytes) {
  if (bytes >= kChunk) return huge_pages(bytes);
  if (bytes < kLeastCut || bytes > kMostCut || file_bytes < kWorthChunks) {
    return owned(std::malloc(bytes));
  }
  if (chunk_ == nullptr || kChunk - used_ < bytes) {
    chunk_ = huge_pages(kChunk);
    used_ = 0;
  }
  if (chunk_ == nullptr) return nullptr;
  std::shared_ptr<void> block(chunk_, static_cast<std::uint8_t*>(chunk_.get()) + used_);
  used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return block;
}

}  // namespace eventcodec::scan
