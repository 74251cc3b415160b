// buckets.h - what is done to counted buckets before they are stored.
#pragma once

#include <cstddef>
#include <span>

namespace eventcodec::histogram {

// Bucket i lies between edges[i] and edges[i + 1]; there is one edge more than counts.
struct Buckets {
  std::span<const double> edges;
  std::span<const double> counts;
};

// The buckets from the first to the last that is not empty; no counts when all are empty.
// Source: make_histogram in torch/utils/tensorboard/summary.py.
Buckets trim(Buckets buckets);

// Adds neighbouring buckets together, in place, in groups of counts.size() / max_buckets (rounded
// down, so that up to twice max_buckets can remain), and returns how many buckets are left; then
// edges hold one more than that. max_buckets is at least 1.
// Source: make_histogram in torch/utils/tensorboard/summary.py.
std::size_t merge_neighbours(std::size_t max_buckets, std::span<double> edges,
                             std::span<double> counts);

}  // namespace eventcodec::histogram
