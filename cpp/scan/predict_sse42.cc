// predict_sse42.cc - the scalar fast path with the CRC32 instruction and 16-byte comparisons.
#include <nmmintrin.h>

#include "crc32c/inline_sse42.h"
#include "scan/predict_loop.h"

namespace eventcodec::scan {
namespace {

constexpr std::size_t kLongPayload = 256;

struct Sse42 {
  EVENTCODEC_INLINE static std::uint32_t crc(const Prediction& prediction, const std::uint8_t* data,
                                             std::size_t size) {
    if (size >= kLongPayload) [[unlikely]]
      return prediction.long_crc(0, data, size);
    return crc32c::sse42::crc_short(data, size);
  }

  EVENTCODEC_INLINE static std::uint32_t crc_length(std::uint64_t length) {
    return crc32c::sse42::crc_u64(length);
  }

  EVENTCODEC_INLINE static bool equal(const std::uint8_t* p, const std::uint8_t* padded,
                                      std::size_t size) {
    std::size_t at = 0;
    while (true) {
      const __m128i same =
          _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at)),
                         _mm_load_si128(reinterpret_cast<const __m128i*>(padded + at)));
      const auto bits = static_cast<std::uint32_t>(_mm_movemask_epi8(same));
      if (size - at <= 16) return (~bits << (32 - (size - at))) == 0;
      if (bits != 0xffff) return false;
      at += 16;
    }
  }

  // 7-bit groups are pushed together pairwise: 8 groups of 7, 4 of 14, 2 of 28, 1 of 56.
  EVENTCODEC_INLINE static std::size_t read_step(const std::uint8_t* p, std::int64_t* step) {
    auto word = load_le<std::uint64_t>(p);
    const std::uint64_t stops = ~word & 0x8080808080808080;
    if (stops == 0) return 0;
    word &= (stops ^ (stops - 1)) & 0x7f7f7f7f7f7f7f7f;
    word = (word & 0x007f007f007f007f) | ((word & 0x7f007f007f007f00) >> 1);
    word = (word & 0x00003fff00003fff) | ((word & 0x3fff00003fff0000) >> 2);
    word = (word & 0x000000000fffffff) | ((word & 0x0fffffff00000000) >> 4);
    *step = static_cast<std::int64_t>(word);
    return static_cast<std::size_t>(std::countr_zero(stops)) / 8 + 1;
  }
};

}  // namespace

const std::uint8_t* predict_sse42(Prediction& prediction, const std::uint8_t* begin,
                                  const std::uint8_t* end) {
  return predict_loop<Sse42>(prediction, begin, end);
}

}  // namespace eventcodec::scan
