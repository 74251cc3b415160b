// columns.cc - memory of the columns that a scan fills.
#include "scan/columns.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace eventcodec::scan {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kScalars:
      return "scalars";
    case Kind::kHistograms:
      return "histograms";
    case Kind::kImages:
      return "images";
    case Kind::kTexts:
      return "texts";
    case Kind::kAudio:
      return "audio";
    case Kind::kTensors:
      return "tensors";
    case Kind::kPrCurves:
      return "pr_curves";
    case Kind::kMeshes:
      return "meshes";
    case Kind::kHparams:
      return "hparams";
    case Kind::kCustomScalars:
      return "custom_scalars";
    case Kind::kGraphs:
      return "graphs";
    case Kind::kRaw:
      return "raw";
  }
  return "unknown";
}

std::uint64_t row_bytes(Kind kind) {
  return sizeof(std::int64_t) + sizeof(double) +
         (kind == Kind::kScalars ? sizeof(double) : sizeof(Reference));
}

namespace {

template <class T>
T* move_column(std::uint8_t** p, const T* old, std::uint64_t size, std::uint64_t capacity) {
  T* column = reinterpret_cast<T*>(*p);
  if (size != 0) std::memcpy(column, old, size * sizeof(T));
  *p += capacity * sizeof(T);
  return column;
}

// Large blocks begin on a huge page and may be made of such: the columns of a long file are filled
// once from front to back, and half the time of that would go into page faults.
void* allocate(std::uint64_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  if (bytes < kHugePage) return std::malloc(bytes);
  void* block = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
#if defined(MADV_HUGEPAGE)
  if (block != nullptr) (void)::madvise(block, bytes, MADV_HUGEPAGE);  // advice: it may be refused
#endif
  return block;
}

}  // namespace

bool Series::reserve(std::uint64_t wanted) {
  constexpr std::uint64_t kSmallest = 8;
  if (wanted <= rows.capacity) return true;
  const bool scalars = kind == Kind::kScalars;
  const std::uint64_t capacity = std::max({wanted, 2 * rows.capacity, kSmallest});
  if (capacity > (std::uint64_t{1} << 48)) return false;
  void* block = allocate(capacity * row_bytes(kind));
  if (block == nullptr) return false;
  std::shared_ptr<void> owner(block, std::free);
  auto* p = static_cast<std::uint8_t*>(block);
  rows.steps = move_column(&p, rows.steps, rows.size, capacity);
  rows.wall_times = move_column(&p, rows.wall_times, rows.size, capacity);
  if (scalars) {
    rows.values = move_column(&p, rows.values, rows.size, capacity);
  } else {
    rows.references = move_column(&p, rows.references, rows.size, capacity);
  }
  rows.capacity = capacity;
  memory = std::move(owner);
  return true;
}

}  // namespace eventcodec::scan
