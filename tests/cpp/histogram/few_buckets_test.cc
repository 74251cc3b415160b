// Counting by comparison against the definition, value by value.
#include "histogram/few_buckets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "histogram/kernels.h"

namespace histogram = eventcodec::histogram;

namespace {

template <class T>
void compare(std::size_t size, std::size_t buckets, std::uint64_t seed) {
  check::Random random(seed);
  std::vector<T> values(size);
  // Few different values, so that many stand on edges.
  for (T& value : values) value = static_cast<T>(random.below(4 * buckets)) / 4;
  std::vector<T> edges(buckets + 1);
  for (std::size_t i = 0; i <= buckets; ++i) edges[i] = static_cast<T>(i);
  std::vector<double> counts(buckets);
  std::vector<double> want(buckets);
  for (const T value : values) want[std::min(static_cast<std::size_t>(value), buckets - 1)] += 1;
  histogram::count_few(values, edges, counts);
  CHECK(counts == want);
}

// Every kernel for any number of edges, values on edges, beside them and infinite.
template <class T, class Pass>
void compare_kernels(Pass pass_of, std::uint64_t seed) {
  check::Random random(seed);
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  for (std::size_t edge_count = 0; edge_count <= histogram::kFewBuckets; ++edge_count) {
    std::vector<T> edges(edge_count);
    for (T& edge : edges) edge = static_cast<T>(random.below(1000)) / 7 - 60;
    std::vector<T> values(random.below(9000));
    for (T& value : values) {
      const bool near = edge_count != 0 && random.below(2) == 0;
      value = near ? edges[random.below(edge_count)] : static_cast<T>(random.below(1000)) / 7 - 60;
      if (random.below(4) == 0) value = std::nextafter(value, random.below(2) ? kInfinity : 0);
      if (random.below(50) == 0) value = random.below(2) == 0 ? kInfinity : -kInfinity;
    }
    std::vector<std::uint64_t> want(edge_count, 3);
    for (std::size_t i = 0; i < edge_count; ++i) {
      for (const T value : values) want[i] += value >= edges[i] ? 1 : 0;
    }
    for (const auto& kernel : histogram::kernels()) {
      if (!eventcodec::cpu::has(kernel.required)) continue;
      std::vector<std::uint64_t> counts(edge_count, 3);
      pass_of(kernel.fn)(values.data(), values.size(), edges.data(), edge_count, counts.data());
      CHECK(counts == want);
    }
  }
}

TEST(every_kernel_counts_the_same) {
  compare_kernels<float>([](const auto& fn) { return fn.count_at_least32; }, 1);
  compare_kernels<double>([](const auto& fn) { return fn.count_at_least64; }, 2);
}

TEST(counts_what_lies_between_the_edges) {
  for (const std::size_t size : {0u, 1u, 7u, 1000u, 4095u, 4096u, 4097u, 50000u}) {
    for (const std::size_t buckets : {1u, 2u, 10u, 32u}) {
      compare<float>(size, buckets, size + buckets);
      compare<double>(size, buckets, size + buckets);
    }
  }
}

TEST(the_last_edge_belongs_to_the_last_bucket) {
  const std::vector<float> values = {0, 1, 2, 2};
  const std::vector<float> edges = {0, 1, 2};
  std::vector<double> counts(2);
  histogram::count_few(values, edges, counts);
  CHECK(counts == (std::vector<double>{1, 3}));
}

}  // namespace
