// few_body.h - the pass that compares every value with a few edges. Each kernel file includes it
// once and compiles it for its own instruction set.
#pragma once

#include "histogram/kernels.h"
#include "histogram/moment_lanes.h"

namespace eventcodec::histogram {
namespace {

// Stays in the first-level cache while every edge is compared with it, and its counts fit the
// integers that are as wide as the values.
constexpr std::size_t kFewBlock = 4096;
// Edges that one pass over a block compares with: three times three are the inner edges of
// VisualDL's ten buckets.
constexpr std::size_t kEdges = 3;

// Adds to counts[j] how many of the n values are at least edges[j].
template <class T>
EVENTCODEC_INLINE void count_edges_of_block(const T* values, std::size_t n,
                                            const T (&edges)[kEdges],
                                            std::uint64_t (&counts)[kEdges]) {
  using Full = typename Register<T>::Full;
  using Lanes = decltype(Full{} < Full{});
  constexpr std::size_t kLanes = kRegister / sizeof(T);
  Full limits[kEdges];
  Lanes beyond[kEdges] = {};
  for (std::size_t j = 0; j < kEdges; ++j) limits[j] = Full{} + edges[j];
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Full x;
    std::memcpy(&x, values + i, sizeof x);
    for (std::size_t j = 0; j < kEdges; ++j) {
#if defined(__AVX512F__)
      beyond[j] = x >= limits[j] ? beyond[j] + 1 : beyond[j];  // one instruction with a mask
#else
      beyond[j] -= x >= limits[j];  // all bits of a lane: -1
#endif
    }
  }
  for (std::size_t j = 0; j < kEdges; ++j) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      counts[j] += static_cast<std::uint64_t>(beyond[j][lane]);
    }
    for (std::size_t rest = i; rest < n; ++rest) counts[j] += values[rest] >= edges[j] ? 1 : 0;
  }
}

template <class T>
EVENTCODEC_INLINE void count_at_least_any(const T* values, std::size_t count, const T* edges,
                                          std::size_t edge_count, std::uint64_t* counts) {
  for (std::size_t from = 0; from < count; from += kFewBlock) {
    const std::size_t n = count - from < kFewBlock ? count - from : kFewBlock;
    for (std::size_t first = 0; first < edge_count; first += kEdges) {
      const std::size_t here = edge_count - first < kEdges ? edge_count - first : kEdges;
      T some[kEdges] = {};
      std::uint64_t found[kEdges] = {};
      for (std::size_t j = 0; j < here; ++j) some[j] = edges[first + j];
      count_edges_of_block(values + from, n, some, found);
      for (std::size_t j = 0; j < here; ++j) counts[first + j] += found[j];
    }
  }
}

}  // namespace
}  // namespace eventcodec::histogram
