// chains.h - CRC-32C with the processor's CRC instruction, for any instruction set that has one.
// An Isa is a struct of static, always inlined functions: step8(state, u64), step4, step2, step1,
// and shift<Bytes>(state), which carries a state over that many zero bytes. Everything here is
// inlined into the kernel that includes it. States, not CRCs: a CRC is the complement of a state.
#pragma once

#include "base/bytes.h"
#include "crc32c/polynomial.h"

namespace eventcodec::crc32c {

// `size` < 8 bytes.
template <class Isa>
EVENTCODEC_INLINE std::uint32_t step_tail(std::uint32_t state, const std::uint8_t* data,
                                          std::size_t size) {
  if (size & 4) {
    state = Isa::step4(state, load_le<std::uint32_t>(data));
    data += 4;
  }
  if (size & 2) {
    state = Isa::step2(state, load_le<std::uint16_t>(data));
    data += 2;
  }
  return (size & 1) ? Isa::step1(state, *data) : state;
}

// One chain: right for any size, best below 256 bytes. From eight bytes on there is no tail: zero
// bytes leave a zero state zero, so the first size % 8 bytes are taken as one word with zeros
// before them, and the message ends at a word. To begin from `state` is the same as to xor it into
// the first four bytes; what of it does not fit into the first word goes into the second.
// Reads nothing outside [data, data + size).
template <class Isa>
EVENTCODEC_INLINE std::uint32_t step_short(std::uint32_t state, const std::uint8_t* data,
                                           std::size_t size) {
  if (size < 8) return step_tail<Isa>(state, data, size);
  const std::size_t head = size % 8;
  const std::uint64_t first = load_le<std::uint64_t>(data) ^ state;
  std::uint64_t chain = Isa::step8(0, (first << (56 - 8 * head)) << 8);
  chain ^= static_cast<std::uint64_t>(state) >> (8 * head);
  const std::uint8_t* end = data + size;
  for (data += head; data != end; data += 8) {
    chain = Isa::step8(chain, load_le<std::uint64_t>(data));
  }
  return static_cast<std::uint32_t>(chain);
}

// Three chains over three neighbouring blocks at a time: the instruction has a latency of three
// cycles and a throughput of one.
template <class Isa, std::size_t BlockBytes>
EVENTCODEC_INLINE std::uint32_t step_triples(std::uint32_t state, const std::uint8_t*& data,
                                             std::size_t& size) {
  for (; size >= 3 * BlockBytes; size -= 3 * BlockBytes, data += 3 * BlockBytes) {
    std::uint64_t a = state;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    for (std::size_t i = 0; i < BlockBytes; i += 8) {
      a = Isa::step8(a, load_le<std::uint64_t>(data + i));
      b = Isa::step8(b, load_le<std::uint64_t>(data + BlockBytes + i));
      c = Isa::step8(c, load_le<std::uint64_t>(data + 2 * BlockBytes + i));
    }
    state = Isa::template shift<2 * BlockBytes>(static_cast<std::uint32_t>(a)) ^
            Isa::template shift<BlockBytes>(static_cast<std::uint32_t>(b)) ^
            static_cast<std::uint32_t>(c);
  }
  return state;
}

inline constexpr std::size_t kLongBlock = 1024;
inline constexpr std::size_t kShortBlock = 128;

template <class Isa>
EVENTCODEC_INLINE std::uint32_t step_any(std::uint32_t state, const std::uint8_t* data,
                                         std::size_t size) {
  state = step_triples<Isa, kLongBlock>(state, data, size);
  state = step_triples<Isa, kShortBlock>(state, data, size);
  return step_short<Isa>(state, data, size);
}

// Isa::shift for machines without a carry-less multiplication.
EVENTCODEC_INLINE std::uint32_t shift_by_table(const ShiftTable& table, std::uint32_t state) {
  const std::uint32_t (*rows)[256] = table.rows;
  return rows[0][state & 0xff] ^ rows[1][(state >> 8) & 0xff] ^ rows[2][(state >> 16) & 0xff] ^
         rows[3][state >> 24];
}

}  // namespace eventcodec::crc32c
