// avx512.cc - the bucketize kernel for x86-64 with AVX-512.
#include "histogram/kernel_body.h"
#include "histogram/kernel_entries.h"

namespace eventcodec::histogram {

void bucketize_avx512(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments) {
  bucketize_any(values, copies, slots, moments);
}

}  // namespace eventcodec::histogram
