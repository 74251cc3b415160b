// predict_portable.cc - the scalar fast path without special instructions.
#include "scan/predict_loop.h"

namespace eventcodec::scan {
namespace {

struct Portable {
  static std::uint32_t crc(const Prediction& prediction, const std::uint8_t* data,
                           std::size_t size) {
    return prediction.long_crc(0, data, size);
  }

  static std::uint32_t crc_length(std::uint64_t length) {
    std::uint8_t bytes[8];
    store_le(bytes, length);
    return crc32c::value({bytes, sizeof bytes});
  }

  static bool equal(const std::uint8_t* p, const std::uint8_t* padded, std::size_t size) {
    return std::memcmp(p, padded, size) == 0;
  }

  static std::size_t read_step(const std::uint8_t* p, std::int64_t* step) {
    std::uint64_t bits = 0;
    for (std::size_t size = 1; size <= 8; ++size) {
      const std::uint8_t byte = p[size - 1];
      bits |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * (size - 1));
      if (byte < 0x80) {
        *step = static_cast<std::int64_t>(bits);
        return size;
      }
    }
    return 0;
  }
};

}  // namespace

const std::uint8_t* predict_portable(Prediction& prediction, const std::uint8_t* begin,
                                     const std::uint8_t* end) {
  return predict_loop<Portable>(prediction, begin, end);
}

}  // namespace eventcodec::scan
