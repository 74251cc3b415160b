// encode.h - writes events at a pointer.  In: values and a stamp.  Out: the bytes of one Event, the
// payload of a record.  Pure: no clock, no I/O, no allocation. For every put_* there is a *_bound;
// the caller reserves that much, and every put_* returns the byte after the event.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace eventcodec::event {

// When an event happened. Proto3 omits zeros: step 0 and wall time +0.0 take no bytes.
struct Stamp {
  double wall_time;   // seconds since 1970
  std::int64_t step;  // any value; negative steps take ten bytes
};

// One scalar of an event with several.
struct Metric {
  std::string_view tag;
  float value;
};

// How a scalar is stored. All readers know kSimple; kFloatTensor and kDoubleTensor are what
// torch's new_style and double_precision write.
enum class ScalarForm : std::uint8_t { kSimple, kFloatTensor, kDoubleTensor };

// wall_time, step, the Summary's tag and length.
inline constexpr std::size_t kStampBound = 9 + 11 + 6;

inline constexpr std::size_t scalar_bound(std::size_t tag_bytes) {
  return kStampBound + 6 + 6 + tag_bytes + 48;
}
std::uint8_t* put_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, float value);
std::uint8_t* put_tensor_scalar(std::uint8_t* p, Stamp stamp, std::string_view tag, double value,
                                ScalarForm form);

// How many metrics, and the exact size of their Summary bytes.
struct MetricsExtent {
  std::size_t metrics;
  std::size_t bytes;
};
// As many of `metrics` as it takes to reach `enough` bytes, or all.
MetricsExtent measure_metrics(std::span<const Metric> metrics, std::size_t enough);
// One event with a value for each metric, which measure as `summary_bytes`.
std::uint8_t* put_metrics(std::uint8_t* p, Stamp stamp, std::span<const Metric> metrics,
                          std::size_t summary_bytes);

// An event around ready-made Summary bytes; needs kStampBound + summary.size().
std::uint8_t* put_summary(std::uint8_t* p, Stamp stamp, ByteView summary);

// The first event of every file: "brain.Event:2" and who wrote it.
inline constexpr std::size_t kVersionBound = 128;
std::uint8_t* put_version(std::uint8_t* p, double wall_time);

// SessionLog START: hides what earlier files of the run logged from stamp.step on.
inline constexpr std::size_t kSessionStartBound = kStampBound + 8;
std::uint8_t* put_session_start(std::uint8_t* p, Stamp stamp);

}  // namespace eventcodec::event
