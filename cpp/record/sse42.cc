// sse42.cc - record kernels with the CRC32 instruction of x86.
#include "crc32c/inline_sse42.h"
#include "record/kernel_body.h"

namespace eventcodec::record {
namespace {

struct Crc {
  EVENTCODEC_INLINE static std::uint32_t crc_u64(std::uint64_t length) {
    return crc32c::sse42::crc_u64(length);
  }
  EVENTCODEC_INLINE static std::uint32_t crc(const std::uint8_t* data, std::size_t size) {
    return size < kLongPayload ? crc32c::sse42::crc_short(data, size) : crc_of_long(data, size);
  }
};

}  // namespace

Checked check_sse42(const std::uint8_t* window, std::size_t size, bool verify_payload) {
  return check_body<Crc>(window, size, verify_payload);
}

std::uint8_t* seal_sse42(std::uint8_t* record, std::size_t payload_bytes) {
  return seal_body<Crc>(record, payload_bytes);
}

}  // namespace eventcodec::record
