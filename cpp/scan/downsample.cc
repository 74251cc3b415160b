// downsample.cc - fewer points of a curve that look like all of them.
#include "scan/downsample.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace eventcodec::scan {
namespace {

// So many sums are kept side by side, so that none waits for the one before.
constexpr std::size_t kLanes = 4;

bool is_finite(double value) { return value - value == 0; }

struct Point {
  double x;
  double y;
};

struct Mean {
  Point point{0, 0};  // of the finite points
  bool some = false;  // there are any
  bool all = false;   // all are
};

struct Largest {
  double area = -1;
  std::size_t row = 0;
};

class Curve {
 public:
  Curve(std::span<const std::int64_t> steps, std::span<const double> values)
      : steps_(steps), values_(values) {}

  // Steps count from the first one: so doubles tell steps beyond 2^53 apart.
  [[nodiscard]] double x(std::size_t row) const {
    const auto from_first =
        static_cast<std::uint64_t>(steps_[row]) - static_cast<std::uint64_t>(steps_[0]);
    return static_cast<double>(static_cast<std::int64_t>(from_first));
  }
  [[nodiscard]] Point point(std::size_t row) const { return {x(row), values_[row]}; }

  [[nodiscard]] Mean mean(std::size_t begin, std::size_t end) const {
    std::array<double, kLanes> sums{};
    std::array<double, kLanes> sums_x{};
    std::size_t row = begin;
    for (; end - row >= kLanes; row += kLanes) {
      for (std::size_t lane = 0; lane != kLanes; ++lane) {
        sums_x[lane] += x(row + lane);
        sums[lane] += values_[row + lane];
      }
    }
    for (; row != end; ++row) {
      sums_x[0] += x(row);
      sums[0] += values_[row];
    }
    const double sum_x = (sums_x[0] + sums_x[1]) + (sums_x[2] + sums_x[3]);
    const double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    if (!is_finite(sum)) return mean_of_finite(begin, end);
    const auto count = static_cast<double>(end - begin);
    return {{sum_x / count, sum / count}, true, true};
  }

  // The point that spans the largest triangle with two others, which are finite, as all here are.
  [[nodiscard]] std::size_t largest(std::size_t begin, std::size_t end, Point a, Point c) const {
    Largest best{-1, begin};
    const double to_x = c.x - a.x;
    const double to_y = c.y - a.y;
    for (std::size_t row = begin; row != end; ++row) {
      const double area = std::abs((x(row) - a.x) * to_y - (values_[row] - a.y) * to_x);
      if (area > best.area) best = {area, row};  // a branch: it is taken a few times a bucket
    }
    return best.row;
  }

  // The same among points that are not all finite, or without a corner that is: the first finite
  // one then, or the first of all.
  [[nodiscard]] std::size_t largest_of_finite(std::size_t begin, std::size_t end, const Point* a,
                                              const Mean& c) const {
    Largest best{-1, begin};
    for (std::size_t row = begin; row != end; ++row) {
      if (!is_finite(values_[row])) continue;
      double area = 0;
      if (a != nullptr && c.some) {
        area = std::abs((x(row) - a->x) * (c.point.y - a->y) -
                        (values_[row] - a->y) * (c.point.x - a->x));
        if (std::isnan(area)) area = 0;  // values near the end of what doubles hold
      }
      if (area > best.area) best = {area, row};
    }
    return best.row;
  }

 private:
  [[nodiscard]] Mean mean_of_finite(std::size_t begin, std::size_t end) const {
    Mean mean;
    double count = 0;
    for (std::size_t row = begin; row != end; ++row) {
      if (!is_finite(values_[row])) continue;
      count += 1;
      // Not the sum, which may be more than a double holds.
      mean.point.x += (x(row) - mean.point.x) / count;
      mean.point.y += values_[row] / count - mean.point.y / count;
    }
    mean.some = count != 0;
    return mean;
  }

  std::span<const std::int64_t> steps_;
  std::span<const double> values_;
};

}  // namespace

void largest_triangles(std::span<const std::int64_t> steps, std::span<const double> values,
                       std::span<std::uint64_t> rows) {
  const Curve curve(steps, values);
  const std::size_t last = steps.size() - 1;
  const std::size_t buckets = rows.size() - 2;
  rows[0] = 0;
  rows[rows.size() - 1] = last;
  // Where a bucket begins; that behind the last one holds the last point.
  const double size = static_cast<double>(last - 1) / static_cast<double>(buckets);
  const auto begin_of = [&](std::size_t bucket) {
    return bucket >= buckets
               ? last
               : std::min(last, static_cast<std::size_t>(static_cast<double>(bucket) * size) + 1);
  };
  Point before = curve.point(0);
  bool has_before = is_finite(before.y);
  std::size_t begin = begin_of(0);
  std::size_t end = begin_of(1);
  Mean here = buckets == 0 ? Mean{} : curve.mean(begin, end);
  for (std::size_t bucket = 0; bucket != buckets; ++bucket) {
    const std::size_t next_end = bucket + 1 == buckets ? last + 1 : begin_of(bucket + 2);
    const Mean next = curve.mean(end, next_end);
    const std::size_t chosen =
        here.all && next.some && has_before
            ? curve.largest(begin, end, before, next.point)
            : curve.largest_of_finite(begin, end, has_before ? &before : nullptr, next);
    rows[bucket + 1] = chosen;
    if (is_finite(values[chosen])) {
      before = curve.point(chosen);
      has_before = true;
    }
    begin = end;
    end = next_end;
    here = next;
  }
}

}  // namespace eventcodec::scan
