// vdl_scalars.cc - learns the order of scalars, and reads those that keep to it.
#include "scan/vdl_scalars.h"

#include "vdl/decode.h"
#include "vdl/plain_scalar.h"

namespace eventcodec::scan {

void VdlScalars::learn(Series& series) {
  if (places_.empty()) places_.push_back({nullptr, 0});
  if (series.shape == 0) {
    series.shape = static_cast<std::uint32_t>(places_.size());
    places_.push_back({&series, 0});
  }
  places_[last_].next = series.shape;
  last_ = series.shape;
}

void VdlScalars::follow(std::vector<Series>& all) {
  for (Series& series : all) {
    if (series.shape < places_.size() && series.shape != 0) places_[series.shape].series = &series;
  }
}

void VdlScalars::forget() {
  places_ = std::vector<Place>();  // not = {}, which keeps the memory
  last_ = 0;
}

VdlScalars::Taken VdlScalars::take(ByteView window, const StepRange& steps) {
  constexpr std::size_t kReach = vdl::kMaxPlainBytes + vdl::kPlainHeaderBytes;
  const std::uint8_t* p = window.data();
  const std::uint8_t* const end = p + window.size();
  Taken taken;
  if (places_.empty()) return taken;
  while (static_cast<std::size_t>(end - p) >= kReach) {
    const std::uint32_t expected = places_[last_].next;
    Series* const series = places_[expected].series;
    if (series == nullptr) break;
    const vdl::PlainScalar scalar = vdl::read_plain_scalar(p, series->tag);
    if (scalar.bytes == 0 || vdl::plain_record_bytes(p + scalar.bytes) == 0) break;
    if (!series->unwanted && steps.holds(scalar.step)) {
      if (series->rows.size == series->rows.capacity) break;
      series->append_scalar(scalar.step, vdl::wall_time_of(scalar.timestamp),
                            static_cast<double>(scalar.number));
    }
    series->bytes += scalar.bytes;
    p += scalar.bytes;
    last_ = expected;
    ++taken.records;
  }
  taken.bytes = static_cast<std::size_t>(p - window.data());
  return taken;
}

}  // namespace eventcodec::scan
