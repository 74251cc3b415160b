// unframe.h - finds the record at the start of a window of bytes.  In: bytes that start at a record
// boundary.  Out: a Record, a wish for more bytes, or Damage.  Pure: no I/O, no allocation; the
// length field is never trusted for more than a comparison.
#pragma once

#include "base/bytes.h"
#include "record/format.h"

namespace eventcodec::record {

enum class Verify : bool { kNo, kYes };

// Why bytes are not a record. The reasons a reader may report besides these are event-level.
enum class DamageKind : std::uint8_t {
  kLengthCrc,   // the header's checksum is wrong, so the length is unknown: only a search finds
                // the next record
  kTooLarge,    // the checksum holds but the length exceeds kMaxPayloadBytes
  kPayloadCrc,  // the header is right and the payload is not: the next record follows as usual
  kUnfinished,  // it goes on beyond the end of the file, but whole records stand inside: it has
                // lost bytes. unframe() does not look inside: see shifted.h
};

// The words for it in messages and in SkippedRegion.reason: "length checksum mismatch", ...
const char* reason_of(DamageKind kind);

struct Unframed {
  enum class Kind : std::uint8_t { kRecord, kNeedMore, kDamage };
  Kind kind;
  ByteView payload = {};    // kRecord; also kDamage with kPayloadCrc
  std::uint64_t bytes = 0;  // kRecord and kPayloadCrc: size of the whole record;
                            // kNeedMore: size of the window that would say more
  DamageKind damage = {};   // kDamage
  std::uint32_t got = 0;    // kDamage: the checksum that stands in the file
  std::uint32_t want = 0;   // kDamage: the checksum its bytes have
};

// Looks at the record at the start of `window`. With Verify::kNo the payload's checksum is not
// looked at; the header's always is, because a wrong length loses every later record.
Unframed unframe(ByteView window, Verify verify);

}  // namespace eventcodec::record
