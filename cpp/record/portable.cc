// portable.cc - record kernels for any machine.
#include "record/kernel_body.h"

namespace eventcodec::record {
namespace {

struct Crc {
  static std::uint32_t crc_u64(std::uint64_t length) {
    std::uint8_t bytes[kLengthBytes];
    store_le(bytes, length);
    return crc_of_long(bytes, sizeof bytes);
  }
  static std::uint32_t crc(const std::uint8_t* data, std::size_t size) {
    return crc_of_long(data, size);
  }
};

}  // namespace

Checked check_portable(const std::uint8_t* window, std::size_t size, bool verify_payload) {
  return check_body<Crc>(window, size, verify_payload);
}

std::uint8_t* seal_portable(std::uint8_t* record, std::size_t payload_bytes) {
  return seal_body<Crc>(record, payload_bytes);
}

}  // namespace eventcodec::record
