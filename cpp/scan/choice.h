// choice.h - which rows of a series a table takes: by step, of these each n-th, of these the last.
// (Fewer points that look like all: downsample.h.)
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "scan/restarts.h"

namespace eventcodec::scan {

struct Choice {
  std::int64_t least_step = std::numeric_limits<std::int64_t>::min();
  std::int64_t most_step = std::numeric_limits<std::int64_t>::max();
  std::uint64_t stride = 1;  // steps that are a multiple of it away from `origin`
  std::int64_t origin = 0;
  std::uint64_t every = 1;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool any_step() const {
    return least_step == std::numeric_limits<std::int64_t>::min() &&
           most_step == std::numeric_limits<std::int64_t>::max() && stride == 1;
  }
  [[nodiscard]] bool everything() const {
    return any_step() && every == 1 && last == std::numeric_limits<std::uint64_t>::max();
  }
  [[nodiscard]] bool takes(std::int64_t step) const {
    if (step < least_step || step > most_step) return false;
    const auto a = static_cast<std::uint64_t>(step);
    const auto b = static_cast<std::uint64_t>(origin);
    return stride == 1 || (step < origin ? b - a : a - b) % stride == 0;
  }
};

// Rows of a series that follow one another in memory.
struct Stretch {
  const std::int64_t* steps;
  std::uint64_t size;
  std::span<const Void> voids;  // rows count from the first of the stretch
};

// f(begin, end) for each run of rows that are not void and have a step that is taken.
template <class F>
void for_each_run(const Choice& choice, const Stretch& stretch, const F& f) {
  if (choice.any_step() && stretch.voids.empty()) {
    if (stretch.size != 0) f(std::uint64_t{0}, stretch.size);
    return;
  }
  VoidWalk walk(stretch.voids);
  std::uint64_t begin = 0;
  for (std::uint64_t row = 0; row != stretch.size; ++row) {
    const std::int64_t step = stretch.steps[row];
    if (choice.takes(step) && !walk.is_void(row, step)) continue;
    if (begin != row) f(begin, row);
    begin = row + 1;
  }
  if (begin != stretch.size) f(begin, stretch.size);
}

// Of the rows of a series, how many are chosen, and how many each n-th rows stand before these.
struct Chosen {
  std::uint64_t count = 0;
  std::uint64_t skipped = 0;
};

// Of `rows` rows that for_each_run() gives.
inline Chosen chosen_of(const Choice& choice, std::uint64_t rows) {
  const std::uint64_t each = rows / choice.every + (rows % choice.every != 0);
  const std::uint64_t count = std::min(each, choice.last);
  return {count, each - count};
}

// f(stretch, begin, end) for the chosen rows, in order; `stretches` make up a series.
template <class F>
void for_each_chosen(const Choice& choice, std::span<const Stretch> stretches, Chosen chosen,
                     const F& f) {
  if (chosen.count == 0) return;
  // Among the rows that pass, the first one that is chosen, and how many have passed.
  const std::uint64_t first = chosen.skipped * choice.every;
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i != stretches.size(); ++i) {
    for_each_run(choice, stretches[i], [&](std::uint64_t begin, std::uint64_t end) {
      const std::uint64_t behind = passed % choice.every;
      const std::uint64_t next =
          std::max(first, behind == 0 ? passed : passed - behind + choice.every);
      std::uint64_t row = begin + (next - passed);
      passed += end - begin;
      if (choice.every == 1) {
        if (row < end) f(i, row, end);
        return;
      }
      for (; row < end; row += choice.every) f(i, row, row + 1);
    });
  }
}

}  // namespace eventcodec::scan
