// predict_avx2.cc - the scalar fast path with 32-byte comparisons and PEXT.
#include <immintrin.h>

#include "crc32c/inline_sse42.h"
#include "scan/predict_loop.h"

namespace eventcodec::scan {
namespace {

constexpr std::size_t kLongPayload = 256;

struct Avx2 {
  EVENTCODEC_INLINE static std::uint32_t crc(const Prediction& prediction, const std::uint8_t* data,
                                             std::size_t size) {
    if (size >= kLongPayload) [[unlikely]]
      return prediction.long_crc(0, data, size);
    return crc32c::sse42::crc_short(data, size);
  }

  EVENTCODEC_INLINE static std::uint32_t crc_length(std::uint64_t length) {
    return crc32c::sse42::crc_u64(length);
  }

  EVENTCODEC_INLINE static std::uint32_t differing(const std::uint8_t* p,
                                                   const std::uint8_t* padded) {
    return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
                          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(padded)))));
  }

  EVENTCODEC_INLINE static bool equal(const std::uint8_t* p, const std::uint8_t* padded,
                                      std::size_t size) {
    const std::uint64_t low = differing(p, padded);
    if (size <= 32) return _bzhi_u64(low, static_cast<std::uint32_t>(size)) == 0;
    const std::uint64_t high = differing(p + 32, padded + 32);
    return _bzhi_u64(low | (high << 32), static_cast<std::uint32_t>(size)) == 0;
  }

  EVENTCODEC_INLINE static std::size_t read_step(const std::uint8_t* p, std::int64_t* step) {
    const auto word = load_le<std::uint64_t>(p);
    const std::uint64_t stops = ~word & 0x8080808080808080;
    if (stops == 0) return 0;
    *step = static_cast<std::int64_t>(_pext_u64(word & (stops ^ (stops - 1)), 0x7f7f7f7f7f7f7f7f));
    return static_cast<std::size_t>(_tzcnt_u64(stops)) / 8 + 1;
  }
};

}  // namespace

const std::uint8_t* predict_avx2(Prediction& prediction, const std::uint8_t* begin,
                                 const std::uint8_t* end) {
  return predict_loop<Avx2>(prediction, begin, end);
}

}  // namespace eventcodec::scan
