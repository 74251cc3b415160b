// encode_histogram.h - writes a Summary with one histogram at a pointer.  Pure: no clock, no I/O,
// no allocation. The caller reserves histogram_summary_bytes.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "histogram/bucketize.h"

namespace eventcodec::event {

// The fields of a HistogramProto. A bucket ends at its limit. Where there is one limit more than
// counts, the first limit is the left edge of the first bucket, and is stored with the count 0.
struct HistogramFields {
  histogram::Moments moments;
  std::span<const double> limits;
  std::span<const double> counts;
};

// Exact size of the Summary. No overflow for any sizes that fit in memory.
std::size_t histogram_summary_bytes(std::string_view tag, const HistogramFields& fields);

// Summary { value { tag, histo } }, byte for byte what protobuf makes of it. Returns its end.
std::uint8_t* put_histogram_summary(std::uint8_t* p, std::string_view tag,
                                    const HistogramFields& fields);

}  // namespace eventcodec::event
