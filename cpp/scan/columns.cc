// columns.cc - memory of the columns that a scan fills.
#include "scan/columns.h"

#include <algorithm>
#include <cstring>

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

}  // namespace

void append_rows(Rows& into, const Rows& more, Kind kind) {
  const auto copy = [&](auto* column, const auto* from) {
    if (more.size != 0) std::memcpy(column + into.size, from, more.size * sizeof *column);
  };
  copy(into.steps, more.steps);
  copy(into.wall_times, more.wall_times);
  if (kind == Kind::kScalars) {
    copy(into.values, more.values);
  } else {
    copy(into.references, more.references);
  }
  into.size += more.size;
}

bool Series::reserve(std::uint64_t wanted, ColumnMemory& from, std::uint64_t file_bytes) {
  constexpr std::uint64_t kSmallest = 8;
  if (wanted <= rows.capacity) return true;
  const std::uint64_t capacity = std::max({wanted, 2 * rows.capacity, kSmallest});
  if (capacity > (std::uint64_t{1} << 48)) return false;
  std::shared_ptr<void> block = from.take(capacity * row_bytes(kind), file_bytes);
  if (block == nullptr) return false;
  move_to(std::move(block), capacity);
  return true;
}

void Series::move_to(std::shared_ptr<void> block, std::uint64_t capacity) {
  const bool scalars = kind == Kind::kScalars;
  auto* p = static_cast<std::uint8_t*>(block.get());
  rows.steps = move_column(&p, rows.steps, rows.size, capacity);
  rows.wall_times = move_column(&p, rows.wall_times, rows.size, capacity);
  if (scalars) {
    rows.values = move_column(&p, rows.values, rows.size, capacity);
  } else {
    rows.references = move_column(&p, rows.references, rows.size, capacity);
  }
  rows.capacity = capacity;
  memory = std::move(block);
}

}  // namespace eventcodec::scan
