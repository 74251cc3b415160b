// patterns.h - many numbers of 16 bits: counts their 65,536 patterns first, then takes each pattern
// once, as often as it occurs.
#pragma once

#include <cstdint>

#include "histogram/moments.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

// The same as Passes::bucketize with one copy of the slots; sums are closer to the exact ones.
// False, with nothing done: values of another width, or no memory.
[[nodiscard]] bool bucketize_patterns(Values values, std::uint32_t* slots, Moments* moments);

}  // namespace eventcodec::histogram
