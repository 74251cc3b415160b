// count_edges.cc - counts values between any edges by numpy.histogram's rules.
// Source: numpy/lib/_histograms_impl.py, numpy/_core/function_base.py (linspace).
#include "histogram/count_edges.h"

#include <algorithm>
#include <cmath>

#include "histogram/kernels.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// Binary search without branches, for eight values at a time so that their loads overlap.
class SearchCounter {
 public:
  SearchCounter(std::span<const double> edges, std::span<std::uint64_t> counts)
      : edges_(edges), counts_(counts) {}

  void add(const double* x, std::size_t n) {
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) add_lanes<kLanes>(x + i);
    for (; i < n; ++i) add_lanes<1>(x + i);
  }

 private:
  static constexpr std::size_t kLanes = 8;

  template <std::size_t Lanes>
  EVENTCODEC_INLINE void add_lanes(const double* x) {
    std::size_t below[Lanes] = {};  // the last edge that is <= x, where there is one
    for (std::size_t left = edges_.size(); left > 1; left -= left / 2) {
      for (std::size_t j = 0; j < Lanes; ++j) {
        const std::size_t middle = below[j] + left / 2;
        below[j] = edges_[middle] <= x[j] ? middle : below[j];
      }
    }
    for (std::size_t j = 0; j < Lanes; ++j) {
      if (!(x[j] >= edges_.front() && x[j] <= edges_.back())) continue;
      const std::size_t last = counts_.size() - 1;
      ++counts_[below[j] < last ? below[j] : last];
    }
  }

  std::span<const double> edges_;
  std::span<std::uint64_t> counts_;
};

}  // namespace

void count_between(Values values, std::span<const double> edges, std::span<std::uint64_t> counts) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    using Wide = typename Stored::Wide;
    SearchCounter counter(edges, counts);
    for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
      alignas(64) double x[kBlock];
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = static_cast<double>(load_le<Wide>(p + i * sizeof(Wide)));
      }
      counter.add(x, n);
    });
  });
}

void fill_uniform_edges(double first, double last, std::span<double> edges) {
  const auto buckets = static_cast<double>(edges.size() - 1);
  const double width = last - first;
  const double step = width / buckets;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto at = static_cast<double>(i);
    edges[i] = (step == 0.0 ? at / buckets * width : at * step) + first;
  }
  edges.back() = last;
}

UniformBins uniform_bins(std::span<const double> edges) {
  const auto buckets = static_cast<double>(edges.size() - 1);
  UniformBins bins{edges.data(),  static_cast<std::int32_t>(edges.size() - 1),
                   edges.front(), edges.back(),
                   0.0,           0.0};
  // An edge is off by at most an ulp of the largest, and so is x - first: as long as that is a
  // small part of a bucket, a product tells the bucket of whatever is not next to an edge.
  constexpr double kFinest = 1e-9;
  const double width = (bins.last - bins.first) / buckets;
  const double scale = buckets / (bins.last - bins.first);
  const double largest = std::max(std::abs(bins.first), std::abs(bins.last));
  if (width > kFinest * largest && std::isnormal(scale) && std::isnormal(width)) bins.scale = scale;
  // In float32, `first` is rounded, and so are the difference, the scale and the product: each by
  // 2^-24. Twice that, because doubt costs little; and far from what float32 cannot hold.
  constexpr double kMostDoubt = 1e-3;
  constexpr double kMostScale = 1e30;
  const double doubt = kDoubt + 0x1p-23 * (scale * std::abs(bins.first) + 4.0 * buckets);
  const bool ordinary = bins.scale < kMostScale && bins.scale > 1.0 / kMostScale;
  if (ordinary && doubt < kMostDoubt) bins.float_doubt = doubt;
  return bins;
}

void count_uniform(Values values, std::span<const double> edges, std::span<std::uint64_t> counts) {
  const UniformBins bins = uniform_bins(edges);
  // Equal values in a row must not wait for each other's counter, as long as all fit the cache.
  constexpr std::size_t kWorthCopies = 4096;
  constexpr std::size_t kFewBuckets = 512;
  constexpr std::size_t kCopies = 4;
  if (values.count < kWorthCopies || counts.size() > kFewBuckets) {
    return chosen().fn.count_uniform(values, bins, 1, counts.data());
  }
  std::uint64_t copies[kCopies * kFewBuckets];
  std::fill_n(copies, kCopies * counts.size(), std::uint64_t{0});
  chosen().fn.count_uniform(values, bins, kCopies, copies);
  for (std::size_t i = 0; i < kCopies * counts.size(); ++i) counts[i % counts.size()] += copies[i];
}

}  // namespace eventcodec::histogram
