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

// Lanes of 64 bits moved up by `count`; `below` comes in from its upper end.
template <int count>
EVENTCODEC_INLINE __m512i move_up(__m512i lanes, __m512i below) {
  return _mm512_alignr_epi64(lanes, below, 8 - count);
}

EVENTCODEC_INLINE std::uint64_t top_lane(__m512i lanes) {
  return static_cast<std::uint64_t>(_mm_extract_epi64(_mm512_extracti64x2_epi64(lanes, 3), 1));
}

// Stores eight lanes, one after the other, at p + offsets of 16 bits.
EVENTCODEC_INLINE void store_lanes(__m512i lanes, __m128i offsets, std::uint8_t* p) {
  const auto two = [p](__m128i pair, std::uint64_t first, std::uint64_t second) {
    const auto lanes_of_two = _mm_castsi128_ps(pair);  // for stores without alignment
    _mm_storel_pi(reinterpret_cast<__m64*>(p + (first & 0xffff)), lanes_of_two);
    _mm_storeh_pi(reinterpret_cast<__m64*>(p + (second & 0xffff)), lanes_of_two);
  };
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(offsets));
  const auto high = static_cast<std::uint64_t>(_mm_extract_epi64(offsets, 1));
  two(_mm512_castsi512_si128(lanes), low, low >> 16);
  two(_mm512_extracti64x2_epi64(lanes, 1), low >> 32, low >> 48);
  two(_mm512_extracti64x2_epi64(lanes, 2), high, high >> 16);
  two(_mm512_extracti64x2_epi64(lanes, 3), high >> 32, high >> 48);
}

// Puts eight lanes of 8 to 56 bits. Where each begins follows from the sums of lengths, so that no
// lane waits for the one before: it is moved to its bit, gets the bits of the lane before that do
// not fill a byte, and is stored over what that lane stored behind them.
EVENTCODEC_INLINE void put_lanes(Joined lanes, BitWriter& out) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i sums = _mm512_add_epi64(lanes.lengths, move_up<1>(lanes.lengths, zero));
  sums = _mm512_add_epi64(sums, move_up<2>(sums, zero));
  sums = _mm512_add_epi64(sums, move_up<4>(sums, zero));
  const __m512i ends = _mm512_add_epi64(sums, _mm512_set1_epi64(out.count()));
  const __m512i starts = _mm512_sub_epi64(ends, lanes.lengths);
  const __m512i shift = _mm512_and_si512(starts, _mm512_set1_epi64(7));
  const __m512i bits = _mm512_sllv_epi64(lanes.bits, shift);
  // A lane fills a byte at least, so that the bits behind its last whole byte are its own.
  const __m512i whole =
      _mm512_andnot_si512(_mm512_set1_epi64(7), _mm512_add_epi64(shift, lanes.lengths));
  const __m512i rest = _mm512_srlv_epi64(bits, whole);
  const __m512i waiting = _mm512_set1_epi64(static_cast<long long>(out.bits()));
  store_lanes(_mm512_or_si512(bits, move_up<1>(rest, waiting)),
              _mm512_cvtepi64_epi16(_mm512_srli_epi64(starts, 3)), out.end());
  const std::uint64_t end = top_lane(ends);
  out = BitWriter(out.end() + (end >> 3), top_lane(rest), static_cast<unsigned>(end & 7));
}

struct Vectors {
  EVENTCODEC_INLINE explicit Vectors(const BlockCodes& codes)
      : lengths(codes.lengths), low(codes.low), high(codes.high) {}

  EVENTCODEC_INLINE void put(const std::uint8_t* p, std::size_t count, const BlockCodes&,
                             BitWriter& out) const {
    for (; count >= 64; count -= 64, p += 64) put_vector(p, out);
    if (count != 0) put_some(p, count, out);
  }

 private:
  // Codes of 64 bytes: four of them in a lane, those of bytes 0 to 3 and those of bytes 4 to 7.
  struct Fours {
    Joined lower;
    Joined upper;
  };

  EVENTCODEC_INLINE Fours look_up(const std::uint8_t* p, __mmask64 wanted) const {
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
    return {join64(lower32(first), lower32(second)), join64(upper32(first), upper32(second))};
  }

  EVENTCODEC_INLINE static bool fit(__m512i lengths_of_eight) {
    return _mm512_cmpgt_epu64_mask(lengths_of_eight, _mm512_set1_epi64(56)) == 0;
  }

  EVENTCODEC_INLINE void put_vector(const std::uint8_t* p, BitWriter& out) const {
    const Fours fours = look_up(p, ~__mmask64{0});
    const Joined eight = join64(fours.lower, fours.upper);
    if (fit(eight.lengths)) return put_lanes(eight, out);
    put_fours(fours, 8, out);
  }

  // Less than 64 bytes.
  EVENTCODEC_INLINE void put_some(const std::uint8_t* p, std::size_t count, BitWriter& out) const {
    const Fours fours = look_up(p, (__mmask64{1} << count) - 1);
    const Joined eight = join64(fours.lower, fours.upper);
    const std::size_t groups = (count + 7) / 8;
    if (!fit(eight.lengths)) return put_fours(fours, groups, out);
    alignas(64) std::uint64_t bits[8];
    alignas(64) std::uint64_t counts[8];
    _mm512_store_si512(bits, eight.bits);
    _mm512_store_si512(counts, eight.lengths);
    for (std::size_t i = 0; i < groups; ++i) {
      out.put(bits[i], static_cast<unsigned>(counts[i]));
      out.flush();
    }
  }

  EVENTCODEC_INLINE static void put_fours(const Fours& fours, std::size_t groups, BitWriter& out) {
    alignas(64) std::uint64_t bits[16];
    alignas(64) std::uint64_t counts[16];
    _mm512_store_si512(bits, fours.lower.bits);
    _mm512_store_si512(bits + 8, fours.upper.bits);
    _mm512_store_si512(counts, fours.lower.lengths);
    _mm512_store_si512(counts + 8, fours.upper.lengths);
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
