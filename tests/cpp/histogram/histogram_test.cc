// histogram_test.cc - edges, slots, kernels and free edges against std::upper_bound.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "histogram/bucketize.h"
#include "histogram/buckets.h"
#include "histogram/count_edges.h"
#include "histogram/kernels.h"
#include "histogram/patterns.h"
#include "histogram/slot_tables.h"
#include "histogram/statistics.h"

namespace {

using namespace eventcodec::histogram;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
Values values_of(Dtype dtype, const std::vector<T>& values) {
  return {dtype, reinterpret_cast<const std::uint8_t*>(values.data()), values.size()};
}

// numpy.histogram's rule: [left, right), with both edges in the last bucket.
template <class T>
std::vector<double> expected_counts(const std::vector<T>& values, std::span<const double> edges) {
  std::vector<double> counts(edges.size() - 1);
  for (const T value : values) {
    const double x = static_cast<double>(value);
    if (!(x >= edges.front() && x <= edges.back())) continue;
    const auto above = std::upper_bound(edges.begin(), edges.end(), x) - edges.begin();
    const auto bucket = static_cast<std::size_t>(above - 1);
    ++counts[std::min(bucket, counts.size() - 1)];
  }
  return counts;
}

// Every edge in type T and its neighbours up to two steps away, specials, and random bit patterns.
template <class T, class Bits>
std::vector<T> hard_values() {
  std::vector<T> values = {T(0),
                           -T(0),
                           std::numeric_limits<T>::denorm_min(),
                           -std::numeric_limits<T>::denorm_min(),
                           std::numeric_limits<T>::max(),
                           std::numeric_limits<T>::lowest(),
                           std::numeric_limits<T>::infinity(),
                           -std::numeric_limits<T>::infinity(),
                           std::numeric_limits<T>::quiet_NaN(),
                           -std::numeric_limits<T>::quiet_NaN()};
  for (const double edge : default_edges()) {
    T value = static_cast<T>(edge);
    for (int i = 0; i < 2; ++i) value = std::nextafter(value, -std::numeric_limits<T>::infinity());
    for (int i = 0; i < 5; ++i) {
      values.push_back(value);
      value = std::nextafter(value, std::numeric_limits<T>::infinity());
    }
  }
  check::Random random(20240601);
  for (int i = 0; i < 20000; ++i) {
    values.push_back(std::bit_cast<T>(static_cast<Bits>(random.next() >> (64 - 8 * sizeof(T)))));
  }
  return values;
}

template <class T>
void check_kernels(Dtype dtype, const std::vector<T>& values) {
  const std::vector<double> want = expected_counts(values, default_edges());
  for (const auto& kernel : kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (const std::size_t copies : {std::size_t{1}, std::size_t{4}}) {
      std::vector<std::uint32_t> slots(4 * kSlots);
      Moments moments{};
      kernel.fn.bucketize(values_of(dtype, values), copies, slots.data(), &moments);
      std::vector<double> got(kDefaultBuckets);
      for (std::size_t i = 0; i < copies * kSlots; ++i) {
        const std::size_t slot = i % kSlots;
        if (slot < kDefaultPowers) got[kDefaultPowers + slot] += slots[i];
        if (slot == kNegativeSlots) got[kDefaultPowers] += slots[i];
        if (slot > kNegativeSlots && slot <= kNegativeSlots + kDefaultPowers) {
          got[kDefaultPowers + kNegativeSlots - slot] += slots[i];
        }
      }
      CHECK(got == want);
      CHECK_EQ(moments.num, static_cast<double>(values.size()));
    }
  }
  Tally tally;
  bucketize(values_of(dtype, values), &tally);
  CHECK(std::equal(want.begin(), want.end(), tally.counts.begin()));
}

TEST(default_edges_are_torchs) {
  const auto edges = default_edges();
  CHECK_EQ(edges.size(), std::size_t{1549});
  CHECK_EQ(edges[0], -9.920775621859783e+19);
  CHECK_EQ(edges[774], 0.0);
  CHECK_EQ(edges[775], 1e-12);
  CHECK_EQ(edges[776], 1e-12 * 1.1);
  CHECK(std::is_sorted(edges.begin(), edges.end()));
}

TEST(float32_next_to_every_edge) {
  check_kernels(Dtype::kFloat32, hard_values<float, std::uint32_t>());
}

TEST(float64_next_to_every_edge) {
  check_kernels(Dtype::kFloat64, hard_values<double, std::uint64_t>());
}

TEST(the_outermost_edges_belong_to_their_buckets) {
  const double last = default_edges().back();
  Tally tally;
  bucketize(values_of(Dtype::kFloat64,
                      std::vector<double>{last, -last, kInfinity, std::nextafter(last, kInfinity)}),
            &tally);
  CHECK_EQ(tally.counts.front(), 1.0);
  CHECK_EQ(tally.counts.back(), 1.0);
  CHECK_EQ(tally.moments.num, 4.0);
  CHECK_EQ(tally.moments.max, kInfinity);
}

template <class T>
void check_integers(Dtype dtype) {
  check::Random random(7);
  std::vector<T> values = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T(0)};
  for (int i = 0; i < 3000; ++i) {
    values.push_back(static_cast<T>(random.next() >> random.below(64)));
  }
  check_kernels(dtype, values);
}

TEST(integers_of_every_width) {
  check_integers<std::int8_t>(Dtype::kInt8);
  check_integers<std::uint8_t>(Dtype::kUint8);
  check_integers<std::int16_t>(Dtype::kInt16);
  check_integers<std::uint16_t>(Dtype::kUint16);
  check_integers<std::int32_t>(Dtype::kInt32);
  check_integers<std::uint32_t>(Dtype::kUint32);
  check_integers<std::int64_t>(Dtype::kInt64);
  check_integers<std::uint64_t>(Dtype::kUint64);
}

// IEEE 754 binary16 by definition.
double half_value(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double mantissa = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) return mantissa == 0 ? sign * kInfinity : std::nan("");
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

TEST(all_16_bit_floats) {
  std::vector<std::uint16_t> patterns(65536);
  std::vector<double> halves;
  std::vector<double> brains;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    patterns[i] = static_cast<std::uint16_t>(i);
    halves.push_back(half_value(patterns[i]));
    brains.push_back(static_cast<double>(std::bit_cast<float>(i << 16)));
  }
  Tally tally;
  for (const auto& [dtype, wide] :
       {std::pair{Dtype::kFloat16, &halves}, {Dtype::kBfloat16, &brains}}) {
    const std::vector<double> want = expected_counts(*wide, default_edges());
    bucketize(values_of(dtype, patterns), &tally);
    CHECK(std::equal(want.begin(), want.end(), tally.counts.begin()));
    CHECK(std::isnan(tally.moments.min));
    // The finite ones on their own: their sum cancels exactly, the extremes are known.
    std::vector<std::uint16_t> finite;
    double largest = 0;
    for (std::uint32_t i = 0; i < patterns.size(); ++i) {
      if (!std::isfinite((*wide)[i])) continue;
      finite.push_back(patterns[i]);
      largest = std::max(largest, (*wide)[i]);
    }
    bucketize(values_of(dtype, finite), &tally);
    CHECK_EQ(tally.moments.max, largest);
    CHECK_EQ(tally.moments.min, -largest);
  }
}

// Against the pass that looks at each value: random patterns, few, zeros and runs.
TEST(counting_patterns_first_changes_nothing) {
  check::Random random(29);
  for (std::size_t round = 0; round < 24; ++round) {
    std::vector<std::uint16_t> patterns(100'000 + random.below(5000));
    const std::uint64_t kind = round % 4;
    for (std::uint16_t& pattern : patterns) {
      pattern = static_cast<std::uint16_t>(random.next() >> 48);
      if (kind == 1) pattern &= 0x3c0f;
      if (kind == 2 && random.below(2) == 0) pattern = 0;
      if (kind == 3) pattern = random.below(1000) == 0 ? pattern : 0x3c00;
    }
    for (const Dtype dtype : {Dtype::kFloat16, Dtype::kBfloat16, Dtype::kInt16, Dtype::kUint16}) {
      const Values values = values_of(dtype, patterns);
      std::vector<std::uint32_t> want(kSlots);
      std::vector<std::uint32_t> got(kSlots);
      Moments each{};
      Moments folded{};
      kernels().back().fn.bucketize(values, 1, want.data(), &each);
      REQUIRE(bucketize_patterns(values, got.data(), &folded));
      CHECK(got == want);
      CHECK_EQ(folded.num, each.num);
      if (std::isnan(each.min)) {
        CHECK(std::isnan(folded.min) && std::isnan(folded.max) && std::isnan(folded.sum));
        continue;
      }
      CHECK_EQ(folded.min, each.min);
      CHECK_EQ(folded.max, each.max);
      const double most = std::max(std::abs(each.min), std::abs(each.max)) * each.num;
      if (std::isfinite(most)) CHECK(std::abs(folded.sum - each.sum) <= 1e-12 * most);
      CHECK(std::abs(folded.sum_squares / each.sum_squares - 1) <= 1e-12);
      if (dtype == Dtype::kInt16) CHECK_EQ(folded.sum, each.sum);  // both exact
    }
  }
  const std::vector<float> wide(200'000, 1.0f);
  Moments moments{};
  std::vector<std::uint32_t> slots(kSlots);
  CHECK(!bucketize_patterns(values_of(Dtype::kFloat32, wide), slots.data(), &moments));
}

TEST(any_length_at_any_alignment) {
  check::Random random(11);
  std::vector<float> values(4200);
  for (float& value : values)
    value = static_cast<float>(static_cast<double>(random.below(2001)) / 8 - 125);
  std::vector<std::uint8_t> shifted(values.size() * sizeof(float) + 64);
  for (std::size_t length = 1; length < values.size(); length += length < 300 ? 1 : 111) {
    const std::size_t offset = length % 64;
    std::memcpy(shifted.data() + offset, values.data(), length * sizeof(float));
    const std::vector<float> head(values.begin(),
                                  values.begin() + static_cast<std::ptrdiff_t>(length));
    const std::vector<double> want = expected_counts(head, default_edges());
    double sum = 0;  // exact: small multiples of 1/8
    double squares = 0;
    for (const float x : head) {
      sum += static_cast<double>(x);
      squares += static_cast<double>(x) * static_cast<double>(x);
    }
    Tally tally;
    bucketize({Dtype::kFloat32, shifted.data() + offset, length}, &tally);
    CHECK(std::equal(want.begin(), want.end(), tally.counts.begin()));
    CHECK_EQ(tally.moments.sum, sum);
    CHECK_EQ(tally.moments.sum_squares, squares);
    CHECK_EQ(tally.moments.min, static_cast<double>(*std::min_element(head.begin(), head.end())));
    CHECK_EQ(tally.moments.max, static_cast<double>(*std::max_element(head.begin(), head.end())));
  }
}

TEST(one_nan_in_any_lane_is_seen) {
  for (std::size_t at = 0; at < 19; ++at) {
    std::vector<float> values(19, 1.0f);
    values[at] = std::numeric_limits<float>::quiet_NaN();
    Tally tally;
    bucketize(values_of(Dtype::kFloat32, values), &tally);
    CHECK(std::isnan(tally.moments.min) && std::isnan(tally.moments.max));
    CHECK(std::isnan(tally.moments.sum) && std::isnan(tally.moments.sum_squares));
  }
}

TEST(free_edges_follow_upper_bound) {
  check::Random random(13);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> edges(2 + random.below(40));
    for (double& edge : edges) edge = static_cast<double>(random.below(64)) - 32;
    if (round % 7 == 0) edges.back() = kInfinity;
    if (round % 11 == 0) edges.front() = -kInfinity;
    std::sort(edges.begin(), edges.end());
    std::vector<double> values(1 + random.below(100));
    for (double& value : values) value = static_cast<double>(random.below(160)) / 2 - 40;
    if (round % 3 == 0) values[0] = std::nan("");
    if (round % 5 == 0) values.back() = kInfinity;
    std::vector<std::uint64_t> counts(edges.size() - 1);
    count_between(values_of(Dtype::kFloat64, values), edges, counts);
    const std::vector<double> want = expected_counts(values, edges);
    CHECK(std::equal(want.begin(), want.end(), counts.begin(), counts.end()));
  }
}

// All kernels, few and many values, with buckets from wide to as narrow as float64 allows.
TEST(uniform_edges_follow_upper_bound) {
  check::Random random(17);
  for (std::size_t round = 0; round < 400; ++round) {
    const std::size_t buckets = 1 + random.below(round % 8 == 0 ? 3000 : 90);
    const double first = static_cast<double>(random.below(1000)) / 7 - 70;
    const double width = static_cast<double>(1 + random.below(1000)) / 13 *
                         std::pow(10.0, -static_cast<double>(random.below(12)));
    std::vector<double> edges(buckets + 1);
    fill_uniform_edges(first, first + width, edges);
    if (!std::is_sorted(edges.begin(), edges.end(), std::less_equal<>())) continue;
    std::vector<double> values = {std::nan(""), kInfinity, -kInfinity, first - 1e-9, 1e300};
    for (const double edge : edges) {
      for (const double toward : {-kInfinity, edge, kInfinity}) {
        values.push_back(std::nextafter(edge, toward));
      }
    }
    const std::size_t more = round % 5 == 0 ? 5000 : random.below(100);
    for (std::size_t i = 0; i < more; ++i) {
      values.push_back(first + width * static_cast<double>(random.below(1 << 30)) / (1 << 30));
    }
    const std::vector<double> want = expected_counts(values, edges);
    std::vector<std::uint64_t> counts(buckets);
    count_uniform(values_of(Dtype::kFloat64, values), edges, counts);
    if (!CHECK_EQ(std::equal(want.begin(), want.end(), counts.begin(), counts.end()), true)) return;
    for (const auto& kernel : kernels()) {
      if (!eventcodec::cpu::has(kernel.required)) continue;
      for (const double scale : {0.0, static_cast<double>(buckets) / width}) {
        if (scale != 0.0 && width / static_cast<double>(buckets) < 1e-7) continue;
        for (const std::size_t copies : {std::size_t{1}, std::size_t{4}}) {
          std::vector<std::uint64_t> several(copies * buckets);
          const UniformBins bins{edges.data(),  static_cast<std::int32_t>(buckets),
                                 edges.front(), edges.back(),
                                 scale,         0.0};
          kernel.fn.count_uniform(values_of(Dtype::kFloat64, values), bins, copies, several.data());
          for (std::size_t i = buckets; i < several.size(); ++i) several[i % buckets] += several[i];
          if (!CHECK_EQ(std::equal(want.begin(), want.end(), several.begin()), true)) return;
        }
      }
    }
  }
}

// The same for float32, whose products are less exact: values on edges, beside them, in every lane.
TEST(uniform_edges_of_float32_follow_upper_bound) {
  check::Random random(31);
  std::size_t in_float32 = 0;
  for (std::size_t round = 0; round < 300; ++round) {
    const std::size_t buckets = 1 + random.below(round % 8 == 0 ? 3000 : 90);
    const double first = (static_cast<double>(random.below(1000)) - 500) /
                         std::pow(10.0, static_cast<double>(random.below(6)));
    const double width = static_cast<double>(1 + random.below(1000)) / 13 *
                         std::pow(10.0, 2 - static_cast<double>(random.below(8)));
    std::vector<double> edges(buckets + 1);
    fill_uniform_edges(first, first + width, edges);
    if (!std::is_sorted(edges.begin(), edges.end(), std::less_equal<>())) continue;
    std::vector<float> values = {std::nanf(""), 1e-45f, -1e-45f, 3e38f, -3e38f};
    values.push_back(std::numeric_limits<float>::infinity());
    values.push_back(-std::numeric_limits<float>::infinity());
    for (const double edge : edges) {
      const auto near = static_cast<float>(edge);
      for (const float toward : {-1e30f, near, 1e30f}) {
        values.push_back(std::nextafter(near, toward));
      }
    }
    for (std::size_t i = 0; i < 3000; ++i) {
      values.push_back(static_cast<float>(
          first + width * static_cast<double>(random.below(1 << 30)) / (1 << 30)));
    }
    const std::vector<double> want = expected_counts(values, edges);
    const UniformBins bins = uniform_bins(edges);
    in_float32 += bins.float_doubt > 0.0 ? 1 : 0;
    for (const auto& kernel : kernels()) {
      if (!eventcodec::cpu::has(kernel.required)) continue;
      std::vector<std::uint64_t> counts(buckets);
      kernel.fn.count_uniform(values_of(Dtype::kFloat32, values), bins, 1, counts.data());
      if (!CHECK_EQ(std::equal(want.begin(), want.end(), counts.begin()), true)) return;
    }
  }
  CHECK(in_float32 > 100);
}

// Parts on several threads: the same counts, and sums that do not depend on the threads.
TEST(many_values_are_counted_in_parts) {
  check::Random random(19);
  std::vector<float> values((std::size_t{9} << 20) + 12345);
  for (float& value : values) value = static_cast<float>(random.below(4001)) / 8 - 250;
  values[5] = std::numeric_limits<float>::infinity();
  const std::vector<double> want = expected_counts(values, default_edges());
  Tally tally;
  bucketize(values_of(Dtype::kFloat32, values), &tally);
  CHECK(std::equal(want.begin(), want.end(), tally.counts.begin()));
  CHECK_EQ(tally.moments.num, static_cast<double>(values.size()));
  CHECK_EQ(tally.moments.max, kInfinity);
  CHECK_EQ(tally.moments.min, -250.0);
  const Moments alone = take_moments(values_of(Dtype::kFloat32, values));
  CHECK_EQ(alone.min, -250.0);
  CHECK_EQ(alone.num, tally.moments.num);
  values[5] = 0;
  Tally first;
  Tally second;
  bucketize(values_of(Dtype::kFloat32, values), &first);
  bucketize(values_of(Dtype::kFloat32, values), &second);
  CHECK_EQ(first.moments.sum, second.moments.sum);
  double sum = 0;  // exact: multiples of 1/8 below 2^53
  for (const float value : values) sum += static_cast<double>(value);
  CHECK_EQ(first.moments.sum, sum);
}

TEST(equal_values_are_counted_at_once) {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{1023}, std::size_t{1025}, std::size_t{5000}}) {
    for (const float value : {0.0f, -0.0f, -3.5f, 1e30f}) {
      const std::vector<float> values(count, value);
      Tally tally;
      bucketize(values_of(Dtype::kFloat32, values), &tally);
      const std::vector<double> want = expected_counts(values, default_edges());
      CHECK(std::equal(want.begin(), want.end(), tally.counts.begin()));
    }
  }
}

// By sorting and by numpy's formula, for values whose sample misleads too.
TEST(quartiles_are_those_of_sorted_values) {
  check::Random random(23);
  for (std::size_t round = 0; round < 60; ++round) {
    std::vector<double> values(1 + random.below(round % 3 == 0 ? 100000 : 200));
    const std::uint64_t kinds = random.below(4);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double uniform = static_cast<double>(random.below(1 << 20));
      values[i] = kinds == 0   ? uniform
                  : kinds == 1 ? std::floor(uniform / (1 << 17))
                  : kinds == 2 ? static_cast<double>(i)
                               : (i % 24 == 0 ? uniform : -uniform);
    }
    Quartiles got{};
    REQUIRE(find_quartiles(values_of(Dtype::kFloat64, values), &got));
    std::sort(values.begin(), values.end());
    const auto at = [&](double quantile) {
      const double rank = static_cast<double>(values.size() - 1) * quantile;
      const auto below = static_cast<std::size_t>(rank);
      const double part = rank - static_cast<double>(below);
      const double a = values[below];
      const double b = values[std::min(below + 1, values.size() - 1)];
      return part >= 0.5 ? b - (b - a) * (1 - part) : a + (b - a) * part;
    };
    CHECK_EQ(got.lower, at(0.25));
    CHECK_EQ(got.upper, at(0.75));
  }
}

TEST(trim_keeps_empty_buckets_inside) {
  const std::vector<double> edges = {0, 1, 2, 3, 4, 5};
  const std::vector<double> counts = {0, 2, 0, 1, 0};
  const Buckets got = trim({edges, counts});
  CHECK_EQ(got.edges.size(), std::size_t{4});
  CHECK_EQ(got.edges.front(), 1.0);
  CHECK_EQ(got.edges.back(), 4.0);
  CHECK_EQ(got.counts.size(), std::size_t{3});
  CHECK(trim({edges, std::span(counts).subspan(0, 1)}).counts.empty());
}

TEST(merged_buckets_keep_their_outer_edges) {
  std::vector<double> edges = {0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<double> counts = {1, 2, 3, 4, 5, 6, 7};
  REQUIRE(merge_neighbours(3, edges, counts) == 4);
  CHECK(std::equal(counts.begin(), counts.begin() + 4, std::vector<double>{3, 7, 11, 7}.begin()));
  CHECK(std::equal(edges.begin(), edges.begin() + 5, std::vector<double>{0, 2, 4, 6, 7}.begin()));
}

}  // namespace
