// statistics.cc - selection by a sample, and sums of powers.
// Source of the interpolation: numpy/lib/_function_base_impl.py (_lerp, method "linear").
#include "histogram/statistics.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>

#include "histogram/kernels.h"
#include "histogram/widen.h"

namespace eventcodec::histogram {
namespace {

// Up to here all values are copied; above, a sample tells between which two the wanted ones lie.
constexpr std::size_t kFew = 8192;
constexpr std::size_t kSample = 4096;
// Four standard deviations of the rank of a quartile in the sample, sqrt(4096 * 3 / 16) each.
constexpr std::size_t kSlack = 4 * 28;

using Numbers = std::unique_ptr<double[]>;

Numbers numbers_of(std::size_t count) { return Numbers(new (std::nothrow) double[count]); }

// Calls f(numbers, count) for every block of values as float64.
template <class Stored, class F>
void for_each_number_block(Values values, F&& f) {
  using Wide = typename Stored::Wide;
  for_each_block<Stored>(values, [&](const std::uint8_t* p, std::size_t n) {
    double x[kBlock];
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<double>(load_le<Wide>(p + i * sizeof(Wide)));
    }
    f(static_cast<const double*>(x), n);
  });
}

// A rank between two values, as numpy has it.
struct Rank {
  std::size_t below;
  double part;

  Rank(std::size_t count, double quantile) {
    const double at = static_cast<double>(count - 1) * quantile;
    below = static_cast<std::size_t>(at);
    part = at - static_cast<double>(below);
  }
};

// The value at a rank of some numbers, which are moved about; `rank` counts from their start.
double value_at(double* first, double* last, std::size_t rank, double part) {
  double* const at = first + rank;
  std::nth_element(first, at, last);
  const double a = *at;
  const double b = at + 1 == last ? a : *std::min_element(at + 1, last);
  const double difference = b - a;
  return part >= 0.5 ? b - difference * (1.0 - part) : a + difference * part;
}

// What a pass collects for one rank: the numbers of a range, and how many lie below it.
struct Candidates {
  double low = 0.0;
  double high = 0.0;
  std::size_t below = 0;
  std::size_t count = 0;
  Numbers numbers;

  [[nodiscard]] bool holds(const Rank& rank) const {
    return below <= rank.below && rank.below + 1 < below + count;
  }
};

class Selection {
 public:
  explicit Selection(Values values)
      : values_(values), ranks_{{values.count, 0.25}, {values.count, 0.75}} {}

  template <class Stored>
  [[nodiscard]] bool run(double* quartiles) {
    if (values_.count > kFew && by_sample<Stored>(quartiles)) return true;
    return by_copy<Stored>(quartiles);
  }

 private:
  template <class Stored>
  [[nodiscard]] bool by_copy(double* quartiles) {
    const Numbers all = numbers_of(values_.count);
    if (all == nullptr) return false;
    double* end = all.get();
    for_each_number_block<Stored>(
        values_, [&](const double* x, std::size_t n) { end = std::copy_n(x, n, end); });
    for (std::size_t i = 0; i < 2; ++i) {
      quartiles[i] = value_at(all.get(), end, ranks_[i].below, ranks_[i].part);
    }
    return true;
  }

  // False where the sample misled or memory is short.
  template <class Stored>
  [[nodiscard]] bool by_sample(double* quartiles) {
    capacity_ = values_.count / 4 + kBlock;
    for (Candidates& candidates : found_) {
      candidates.numbers = numbers_of(capacity_);
      if (candidates.numbers == nullptr) return false;
    }
    take_sample<Stored>();
    bool fits = true;
    for_each_number_block<Stored>(values_, [&](const double* x, std::size_t n) {
      for (Candidates& candidates : found_) {
        fits = fits && candidates.count + n + Passes::kSlack <= capacity_;
        if (!fits) return;
        candidates.count +=
            chosen().fn.collect(x, n, candidates.low, candidates.high,
                                candidates.numbers.get() + candidates.count, &candidates.below);
      }
    });
    if (!fits || !found_[0].holds(ranks_[0]) || !found_[1].holds(ranks_[1])) return false;
    for (std::size_t i = 0; i < 2; ++i) {
      double* const first = found_[i].numbers.get();
      quartiles[i] = value_at(first, first + found_[i].count, ranks_[i].below - found_[i].below,
                              ranks_[i].part);
    }
    return true;
  }

  template <class Stored>
  void take_sample() {
    double sample[kSample];
    const std::size_t stride = values_.count / kSample;
    for (std::size_t i = 0; i < kSample; ++i) {
      const std::size_t at = i * stride + i % stride;  // not the same column of every row
      sample[i] = static_cast<double>(Stored::load(values_.data + at * Stored::kBytes));
    }
    std::size_t quarter = kSample / 4;
    for (Candidates& candidates : found_) {
      std::nth_element(sample, sample + quarter - kSlack, sample + kSample);
      candidates.low = sample[quarter - kSlack];
      std::nth_element(sample, sample + quarter + kSlack, sample + kSample);
      candidates.high = sample[quarter + kSlack];
      quarter += kSample / 2;
    }
  }

  Values values_;
  Rank ranks_[2];
  Candidates found_[2];
  std::size_t capacity_ = 0;
};

}  // namespace

bool find_quartiles(Values values, Quartiles* quartiles) {
  bool found = false;
  with_stored(values.dtype, [&](auto stored) {
    double both[2] = {};
    found = Selection(values).run<decltype(stored)>(both);
    *quartiles = {both[0], both[1]};
  });
  return found;
}

Deviations take_deviations(Values values, double mean) {
  const auto count = static_cast<double>(values.count);
  double squares = 0.0;
  double cubes = 0.0;
  chosen().fn.add_deviations(values, mean, &squares, &cubes);
  return {squares / count, cubes / count};
}

}  // namespace eventcodec::histogram
