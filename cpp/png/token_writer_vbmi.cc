// token_writer_vbmi.cc - looks up the codes of 64 bytes at a time in tables that stay in registers,
// and joins them in vectors, so that the bit buffer takes four or eight codes at once.
#include <immintrin.h>

#include "png/token_writer_body.h"

namespace eventcodec::png {
namespace {

// A table of 256 bytes in four registers.
class Table {
 public:
  EVENTCODEC_INLINE explicit Table(const std::uint8_t (&bytes)[256]) {
    for (std::size_t i = 0; i < 4; ++i) part_[i] = _mm512_load_si512(bytes + 64 * i);
  }
  EVENTCODEC_INLINE __m512i at(__m512i index, __mmask64 upper_half) const {
    const __m512i lower = _mm512_permutex2var_epi8(part_[0], index, part_[1]);
    const __m512i upper = _mm512_permutex2var_epi8(part_[2], index, part_[3]);
    return _mm512_mask_blend_epi8(upper_half, lower, upper);
  }

 private:
  __m512i part_[4];
};

// Codes in lanes and their lengths in bits.
struct Joined {
  __m512i bits;
  __m512i lengths;
};

// Each lane of twice the width holds one code in its lower half and the next in its upper: joins
// them. `low` masks the lower half.
EVENTCODEC_INLINE Joined join32(Joined even, Joined odd) {
  return {_mm512_or_si512(even.bits, _mm512_sllv_epi32(odd.bits, even.lengths)),
          _mm512_add_epi32(even.lengths, odd.lengths)};
}
EVENTCODEC_INLINE Joined join64(Joined even, Joined odd) {
  return {_mm512_or_si512(even.bits, _mm512_sllv_epi64(odd.bits, even.lengths)),
          _mm512_add_epi64(even.lengths, odd.lengths)};
}
EVENTCODEC_INLINE Joined lower16(Joined codes) {
  const __m512i mask = _mm512_set1_epi32(0xffff);
  return {_mm512_and_si512(codes.bits, mask), _mm512_and_si512(codes.lengths, mask)};
}
EVENTCODEC_INLINE Joined upper16(Joined codes) {
  return {_mm512_srli_epi32(codes.bits, 16), _mm512_srli_epi32(codes.lengths, 16)};
}
EVENTCODEC_INLINE Joined lower32(Joined codes) {
  const __m512i mask = _mm512_set1_epi64(0xffffffff);
  return {_mm512_and_si512(codes.bits, mask), _mm512_and_si512(codes.lengths, mask)};
}
EVENTCODEC_INLINE Joined upper32(Joined codes) {
  return {_mm512_srli_epi64(codes.bits, 32), _mm512_srli_epi64(codes.lengths, 32)};
}

struct Vectors {
  EVENTCODEC_INLINE explicit Vectors(const BlockCodes& codes)
      : lengths(codes.lengths), low(codes.low), high(codes.high) {}

  EVENTCODEC_INLINE void put(const std::uint8_t* p, std::size_t count, const BlockCodes& codes,
                             BitWriter& out) const {
    if (count < kWorthVector) return put_one_by_one(p, count, codes, out);
    for (; count >= 64; count -= 64, p += 64) put_vector(p, ~__mmask64{0}, 8, out);
    if (count != 0) put_vector(p, (__mmask64{1} << count) - 1, (count + 7) / 8, out);
  }

 private:
  static constexpr std::size_t kWorthVector = 1;

  // Up to 64 bytes, those of `wanted`, in `groups` of eight.
  EVENTCODEC_INLINE void put_vector(const std::uint8_t* p, __mmask64 wanted, std::size_t groups,
                                    BitWriter& out) const {
    const __m512i bytes = _mm512_maskz_loadu_epi8(wanted, p);
    const __mmask64 upper_half = _mm512_movepi8_mask(bytes);
    const __m512i length = _mm512_maskz_mov_epi8(wanted, lengths.at(bytes, upper_half));
    const __m512i lows = _mm512_maskz_mov_epi8(wanted, low.at(bytes, upper_half));
    const __m512i highs = _mm512_maskz_mov_epi8(wanted, high.at(bytes, upper_half));
    // Lanes of 16 bits: the code of the even byte, and that of the odd byte.
    const __m512i byte = _mm512_set1_epi16(0xff);
    const Joined even{_mm512_or_si512(_mm512_and_si512(lows, byte), _mm512_slli_epi16(highs, 8)),
                      _mm512_and_si512(length, byte)};
    const Joined odd{_mm512_or_si512(_mm512_srli_epi16(lows, 8), _mm512_andnot_si512(byte, highs)),
                     _mm512_srli_epi16(length, 8)};
    // Pairs in lanes of 32 bits, those of bytes 0 and 1 and those of bytes 2 and 3.
    const Joined first = join32(lower16(even), lower16(odd));
    const Joined second = join32(upper16(even), upper16(odd));
    // Four codes, at most 56 bits, in lanes of 64 bits.
    const Joined lower = join64(lower32(first), lower32(second));
    const Joined upper = join64(upper32(first), upper32(second));
    // Eight codes, where all of them take no more.
    const Joined eight = join64(lower, upper);
    alignas(64) std::uint64_t bits[16];
    alignas(64) std::uint64_t counts[16];
    const __m512i most = _mm512_set1_epi64(56);
    if (_mm512_cmpgt_epu64_mask(eight.lengths, most) == 0) {
      _mm512_store_si512(bits, eight.bits);
      _mm512_store_si512(counts, eight.lengths);
      for (std::size_t i = 0; i < groups; ++i) {
        out.put(bits[i], static_cast<unsigned>(counts[i]));
        out.flush();
      }
      return;
    }
    _mm512_store_si512(bits, lower.bits);
    _mm512_store_si512(bits + 8, upper.bits);
    _mm512_store_si512(counts, lower.lengths);
    _mm512_store_si512(counts + 8, upper.lengths);
    for (std::size_t i = 0; i < groups; ++i) {
      out.put(bits[i], static_cast<unsigned>(counts[i]));
      out.flush();
      out.put(bits[8 + i], static_cast<unsigned>(counts[8 + i]));
      out.flush();
    }
  }

  Table lengths;
  Table low;
  Table high;
};

}  // namespace

void write_tokens_vbmi(const std::uint8_t* data, const Token* tokens, std::size_t count,
                       const BlockCodes& codes, BitWriter* to) {
  write_tokens(data, tokens, count, codes, to, Vectors(codes));
}

}  // namespace eventcodec::png
