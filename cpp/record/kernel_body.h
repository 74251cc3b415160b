// kernel_body.h - the body of every record kernel, inlined into it. A Crc is a struct of static
// functions: crc_u64(length) and crc(data, size), which give unmasked CRCs.
#pragma once

#include "base/bytes.h"
#include "crc32c/mask.h"
#include "record/format.h"
#include "record/kernel.h"

namespace eventcodec::record {

template <class Crc>
EVENTCODEC_INLINE std::uint8_t* seal_body(std::uint8_t* record, std::size_t payload_bytes) {
  std::uint8_t* payload = record + kHeaderBytes;
  const std::uint32_t footer = crc32c::mask(Crc::crc(payload, payload_bytes));
  store_le<std::uint64_t>(record, payload_bytes);
  store_le(record + kLengthBytes, crc32c::mask(Crc::crc_u64(payload_bytes)));
  return store_le(payload + payload_bytes, footer);
}

template <class Crc>
EVENTCODEC_INLINE Checked check_body(const std::uint8_t* window, std::size_t size,
                                     bool verify_payload) {
  using Outcome = Checked::Outcome;
  if (size < kHeaderBytes) return {Outcome::kNoHeader, 0, 0, 0};
  const auto length = load_le<std::uint64_t>(window);
  const auto header_got = load_le<std::uint32_t>(window + kLengthBytes);
  const std::uint32_t header_want = crc32c::mask(Crc::crc_u64(length));
  if (header_got != header_want) return {Outcome::kHeaderCrc, header_got, header_want, 0};
  if (length > kMaxPayloadBytes) return {Outcome::kTooLarge, 0, 0, length};
  if (size - kHeaderBytes < length + kFooterBytes) return {Outcome::kUnfinished, 0, 0, length};
  if (verify_payload) {
    const std::uint8_t* payload = window + kHeaderBytes;
    const auto got = load_le<std::uint32_t>(payload + length);
    const std::uint32_t want = crc32c::mask(Crc::crc(payload, static_cast<std::size_t>(length)));
    if (got != want) return {Outcome::kPayloadCrc, got, want, length};
  }
  return {Outcome::kRecord, 0, 0, length};
}

}  // namespace eventcodec::record
