// frame.h - turns payloads into records.  In: payload bytes.  Out: the record of FORMAT.md
// section 1.  No I/O.
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"

namespace eventcodec::record {

// Completes a record in place: the payload already stands at `record + kHeaderBytes`; writes the
// header before it and the footer after it, computed over the bytes that stand there.
// Returns the byte after the record. `payload_bytes` is at most kMaxPayloadBytes.
std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes);

// Appends one record with a copy of `payload`. False: out of memory, and `out` is unchanged.
[[nodiscard]] bool frame(ByteView payload, Buffer& out);

}  // namespace eventcodec::record
