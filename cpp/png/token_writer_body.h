// token_writer_body.h - the body of every token writer: `Literals` writes the literals of a token.
// Each kernel file includes it once and compiles it for its own instruction set.
#pragma once

#include "base/bytes.h"
#include "png/token_writer.h"

namespace eventcodec::png {
namespace {

// One byte after the other, four between two flushes.
EVENTCODEC_INLINE void put_one_by_one(const std::uint8_t* p, std::size_t count,
                                      const BlockCodes& codes, BitWriter& out) {
  const Code* const table = codes.literals;
  for (; count >= 4; count -= 4, p += 4) {
    // Joined in pairs, so that only one shift in four waits for the one before.
    const Code a = table[p[0]];
    const Code b = table[p[1]];
    const Code c = table[p[2]];
    const Code d = table[p[3]];
    const std::uint64_t ab = a.bits | (std::uint64_t{b.bits} << a.length);
    const std::uint64_t cd = c.bits | (std::uint64_t{d.bits} << c.length);
    const unsigned ab_length = static_cast<unsigned>(a.length) + b.length;
    out.put(ab | (cd << ab_length), ab_length + c.length + d.length);
    out.flush();
  }
  for (; count != 0; --count, ++p) out.put(table[*p].bits, table[*p].length);
  out.flush();
}

// RFC 1951 section 3.2.5: a symbol, and extra bits after it.
EVENTCODEC_INLINE void put_distance(std::size_t distance, const BlockCodes& codes, BitWriter& out) {
  const auto value = static_cast<std::uint32_t>(distance - 1);
  if (value < 4) {
    out.put(codes.distances[value].bits, codes.distances[value].length);
    return;
  }
  const auto extra_bits = 30 - static_cast<std::uint32_t>(__builtin_clz(value));
  const Code code = codes.distances[2 * extra_bits + (value >> extra_bits)];
  out.put(code.bits, code.length);
  out.put(value & ((1u << extra_bits) - 1), extra_bits);
}

template <class Literals>
EVENTCODEC_INLINE void write_tokens(const std::uint8_t* p, const Token* tokens, std::size_t count,
                                    const BlockCodes& codes, BitWriter* to,
                                    const Literals& literals) {
  BitWriter out = *to;  // a local copy stays in registers
  for (const Token* token = tokens; token != tokens + count; ++token) {
    literals.put(p, token->literals, codes, out);
    p += token->literals;
    if (token->length == 0) break;
    const std::uint32_t repeat = codes.repeats[token->length];
    out.put(repeat & ((1u << kRepeatBits) - 1), repeat >> kRepeatBits);
    put_distance(token->distance, codes, out);
    out.flush();
    p += token->length;
  }
  *to = out;
}

struct OneByOne {
  EVENTCODEC_INLINE void put(const std::uint8_t* p, std::size_t count, const BlockCodes& codes,
                             BitWriter& out) const {
    put_one_by_one(p, count, codes, out);
  }
};

}  // namespace
}  // namespace eventcodec::png
