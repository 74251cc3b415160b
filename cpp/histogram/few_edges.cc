// few_edges.cc - the edges of a few buckets of one width.
#include "histogram/few_edges.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "histogram/bucketize.h"

namespace eventcodec::histogram {
namespace {

// As numpy.linspace does it, operation by operation in the dtype of the values.
template <class T>
bool make_edges(std::span<const T> values, Dtype dtype, std::span<T> edges) {
  constexpr double kWidest = 1e38;
  constexpr double kNarrowest = 1e8 * double{std::numeric_limits<T>::min()};
  if (values.empty() || edges.size() < 2) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
  const Moments moments = take_moments({dtype, bytes, values.size()});
  const double width = moments.max - moments.min;
  if (!(width > kNarrowest && width < kWidest)) return false;  // also NaN
  const T first = static_cast<T>(moments.min);
  const T last = static_cast<T>(moments.max);
  const T step = (last - first) / static_cast<T>(edges.size() - 1);
  for (std::size_t i = 0; i != edges.size(); ++i) edges[i] = static_cast<T>(i) * step + first;
  edges.back() = last;
  return std::adjacent_find(edges.begin(), edges.end(), std::greater_equal<T>()) == edges.end();
}

}  // namespace

bool make_few_edges(std::span<const float> values, std::span<float> edges) {
  return make_edges(values, Dtype::kFloat32, edges);
}

bool make_few_edges(std::span<const double> values, std::span<double> edges) {
  return make_edges(values, Dtype::kFloat64, edges);
}

}  // namespace eventcodec::histogram
