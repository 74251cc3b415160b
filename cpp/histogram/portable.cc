// portable.cc - the bucketize kernel for every machine; the others are tested against it.
#include "histogram/kernel_body.h"
#include "histogram/kernel_entries.h"

namespace eventcodec::histogram {

void bucketize_portable(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments) {
  bucketize_any(values, copies, slots, moments);
}

}  // namespace eventcodec::histogram
