// kernel_entries.h - the entry points of the bucketize kernels, one a file.
#pragma once

#include "histogram/bucketize.h"

namespace eventcodec::histogram {

void bucketize_portable(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void bucketize_avx2(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void bucketize_avx512(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);

}  // namespace eventcodec::histogram
