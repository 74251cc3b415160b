// few_edges.h - the edges of a few buckets of one width, bit for bit those of numpy.histogram
// (numpy 2.0 and later).
#pragma once

#include <span>

namespace eventcodec::histogram {

// Writes edges from the smallest to the largest of `values`; there is one more than buckets. False,
// with nothing to rely on in `edges`: there is no value or a NaN, two edges are equal, or the
// values are so near or far that their distance overflows or loses bits as a subnormal number:
// there numpy's own counts no longer follow from the edges.
[[nodiscard]] bool make_few_edges(std::span<const float> values, std::span<float> edges);
[[nodiscard]] bool make_few_edges(std::span<const double> values, std::span<double> edges);

}  // namespace eventcodec::histogram
