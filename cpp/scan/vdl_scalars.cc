// vdl_scalars.cc - learns the order of scalars, and reads those that keep to it.
#include "scan/vdl_scalars.h"

#include "vdl/decode.h"
#include "vdl/plain_scalar.h"

namespace eventcodec::scan {

void VdlScalars::learn(Series& series) {
  if (series.shape == 0) {
    series.shape = static_cast<std::uint32_t>(places_.size());
    places_.push_back({&series, 0});
  }
  places_[last_].next = series.shape;
  last_ = series.shape;
}

VdlScalars::Taken VdlScalars::take(ByteView window, const StepRange& steps) {
  constexpr std::size_t kReach = vdl::kMaxPlainBytes + vdl::kPlainHeaderBytes;
  const std::uint8_t* p = window.data();
  const std::uint8_t* const end = p + window.size();
  Taken taken;
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
