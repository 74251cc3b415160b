// few_edges.h - the edges of a few buckets of one width, bit for bit those of numpy.histogram
// (numpy 2.0 and later).
#pragma once

#include <span>

namespace eventcodec::histogram {

// Writes edges from the smallest to the largest of `values`, all but one of `edges` their left
// edges. False, with nothing to rely on in `edges`: there is no value or a NaN, all values are
// equal, or they are so far apart that their distance or an edge may overflow or coincide.
[[nodiscard]] bool make_few_edges(std::span<const float> values, std::span<float> edges);
[[nodiscard]] bool make_few_edges(std::span<const double> values, std::span<double> edges);

}  // namespace eventcodec::histogram
