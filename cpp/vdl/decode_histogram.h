// decode_histogram.h - reads the histograms of VisualDL into the form of all histograms.
#pragma once

#include "event/decode_histogram.h"

namespace eventcodec::vdl {

// n counts and n + 1 edges. Neither sum nor sum of squares is stored: they are NaN, and so are min
// and max when there is no bucket. False: malformed.
[[nodiscard]] bool decode_histogram(ByteView message, event::HistogramData* histogram);

}  // namespace eventcodec::vdl
