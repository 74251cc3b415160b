// frame.cc - turns payloads into records.
#include "record/frame.h"

#include "record/format.h"
#include "record/kernels.h"

namespace eventcodec::record {

std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes) {
  static const SealFn best = select(seal_kernels()).fn;
  return best(record, payload_bytes);
}

bool frame(ByteView payload, Buffer& out) {
  std::uint8_t* record = out.reserve(payload.size() + kOverheadBytes);
  if (record == nullptr) return false;
  store_bytes(record + kHeaderBytes, payload);
  seal(record, payload.size());
  out.commit(payload.size() + kOverheadBytes);
  return true;
}

}  // namespace eventcodec::record
