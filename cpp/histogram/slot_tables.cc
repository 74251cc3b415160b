// slot_tables.cc - makes the tables that slot_tables.h explains.
#include "histogram/slot_tables.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace eventcodec::histogram {
namespace {

// The smallest T that is >= edge (or > edge, when `beyond`), as bits. `edge` is positive.
template <class T, class Bits>
Bits threshold(double edge, bool beyond) {
  T value = static_cast<T>(edge);
  const bool below =
      beyond ? static_cast<double>(value) <= edge : static_cast<double>(value) < edge;
  if (below) value = std::nextafter(value, std::numeric_limits<T>::infinity());
  return std::bit_cast<Bits>(value);
}

// The keys of one sign: `first_slot` is the slot of the numbers before the first threshold.
template <class Bits, int Shift>
void fill(Bits* entries, std::size_t keys, Bits first_slot, const Bits* thresholds,
          std::size_t count) {
  constexpr Bits kOne = Bits{1} << Shift;
  std::size_t passed = 0;
  for (std::size_t key = 0; key < keys; ++key) {
    entries[key] = (first_slot + static_cast<Bits>(passed)) << Shift;
    if (passed < count && thresholds[passed] >> Shift == key) {
      entries[key] += kOne - (thresholds[passed] & (kOne - 1));
      ++passed;
    }
  }
}

template <class T, class Bits, int Shift>
struct Table {
  static constexpr std::size_t kKeys = std::size_t{1} << (8 * sizeof(Bits) - 1 - Shift);
  std::array<Bits, 2 * kKeys> entries;

  Table() {
    const auto powers = default_edges().last<kDefaultPowers>();
    // Positive buckets begin at their edge, but the last bucket has its right edge too.
    std::array<Bits, kDefaultPowers> positive;
    for (std::size_t i = 0; i < powers.size(); ++i) {
      positive[i] = threshold<T, Bits>(powers[i], i + 1 == powers.size());
    }
    // Negative buckets begin, in |x|, behind their edge; the first of them behind zero.
    std::array<Bits, kDefaultPowers + 1> negative;
    negative[0] = 1;
    for (std::size_t i = 0; i < powers.size(); ++i) {
      negative[i + 1] = threshold<T, Bits>(powers[i], true);
    }
    fill<Bits, Shift>(entries.data(), kKeys, 0, positive.data(), positive.size());
    fill<Bits, Shift>(entries.data() + kKeys, kKeys, kNegativeSlots, negative.data(),
                      negative.size());
  }
};

}  // namespace

const std::uint32_t* slot_table_float32() {
  static const Table<float, std::uint32_t, kShift32> table;
  return table.entries.data();
}

const std::uint64_t* slot_table_float64() {
  static const Table<double, std::uint64_t, kShift64> table;
  return table.entries.data();
}

}  // namespace eventcodec::histogram
