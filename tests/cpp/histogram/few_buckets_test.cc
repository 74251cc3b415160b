// Counting by comparison against the definition, value by value.
#include "histogram/few_buckets.h"

#include <algorithm>
#include <vector>

#include "check.h"

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
