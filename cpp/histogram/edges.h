// edges.h - TensorFlow's default bucket edges.
#pragma once

#include <cstddef>
#include <span>

namespace eventcodec::histogram {

// Powers of 1.1 from 1e-12 to below 1e20, their negatives, and 0 between them.
// Source: tensorflow/core/lib/histogram/histogram.cc; torch/utils/tensorboard/writer.py.
inline constexpr std::size_t kDefaultPowers = 774;
inline constexpr std::size_t kDefaultEdges = kDefaultPowers + 1 + kDefaultPowers;
inline constexpr std::size_t kDefaultBuckets = kDefaultEdges - 1;

// The edges, increasing. Bucket i is [edges[i], edges[i + 1]); the last one has both its edges.
std::span<const double, kDefaultEdges> default_edges();

}  // namespace eventcodec::histogram
