// count_edges.cc - counts values between any edges by numpy.histogram's rules.
// Source: numpy/lib/_histograms_impl.py.
#include "histogram/count_edges.h"

#include "histogram/moment_lanes.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// NumPy's arithmetic, operation by operation: (x - first) / width * buckets, truncated, then moved
// by one bucket where the rounding of that put x on the wrong side of an edge.
class UniformCounter {
 public:
  UniformCounter(std::span<const double> edges, std::span<std::uint64_t> counts)
      : edges_(edges.data()),
        counts_(counts.data()),
        last_bucket_(static_cast<std::int32_t>(counts.size()) - 1),
        first_(edges.front()),
        last_(edges.back()),
        width_(last_ - first_),
        buckets_(static_cast<double>(counts.size())) {}

  void add(const double* x, std::size_t n) {
    std::int32_t guess[kBlock];
    for (std::size_t i = 0; i < n; ++i) {
      const bool inside = x[i] >= first_ && x[i] <= last_;
      // Outside, the quotient may be anything: only a number in range may be converted.
      guess[i] = inside ? static_cast<std::int32_t>((x[i] - first_) / width_ * buckets_) : -1;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (guess[i] < 0) continue;  // NaN, or outside
      std::int32_t bucket = guess[i] > last_bucket_ ? last_bucket_ : guess[i];
      bucket -= x[i] < edges_[bucket] ? 1 : 0;
      bucket += x[i] >= edges_[bucket + 1] && bucket != last_bucket_ ? 1 : 0;
      ++counts_[bucket];
    }
  }

 private:
  const double* edges_;
  std::uint64_t* counts_;
  std::int32_t last_bucket_;
  double first_;
  double last_;
  double width_;
  double buckets_;
};

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

template <class Stored, class Counter>
void count_stored(Values values, Counter counter, Moments* moments) {
  using Wide = typename Stored::Wide;
  MomentLanes<Wide> lanes;
  for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
    alignas(64) double x[kBlock];
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<double>(load_le<Wide>(p + i * sizeof(Wide)));
    }
    counter.add(x, n);
    lanes.add_block(p, n);
  });
  lanes.finish(values.count, moments);
}

}  // namespace

void count_between(Values values, std::span<const double> edges, Spacing spacing,
                   std::span<std::uint64_t> counts, Moments* moments) {
  with_stored(values.dtype, [&](auto stored) {
    using Stored = decltype(stored);
    if (spacing == Spacing::kUniform) {
      count_stored<Stored>(values, UniformCounter(edges, counts), moments);
    } else {
      count_stored<Stored>(values, SearchCounter(edges, counts), moments);
    }
  });
}

}  // namespace eventcodec::histogram
