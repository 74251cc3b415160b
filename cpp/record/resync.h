// resync.h - finds the next record after damage.  In: bytes that hold records somewhere.  Out:
// where the first believable record starts.  Pure: no I/O, no allocation, and linear in the
// window's size whatever the bytes are.
#pragma once

#include "base/bytes.h"

namespace eventcodec::record {

// Whether bytes may follow the window: a file that is still being read, or its end.
enum class Last : bool { kNo, kYes };

struct Found {
  enum class Kind : std::uint8_t {
    kRecord,    // a record starts at `offset`
    kNeedMore,  // no record starts before `offset`; what starts there needs more bytes to tell
  };
  Kind kind;
  std::size_t offset;
};

// The payload bytes that may be checksummed per byte of the file while searching, so that forged
// headers, each claiming a long payload, cannot make the search quadratic.
inline constexpr std::uint64_t kCrcBudgetPerByte = 4;

// Searches window[from..]. A position is the start of a record when its header's checksum is right,
// the length is at most kMaxPayloadBytes, and what follows agrees: the record ends with the last
// window, or another header with a right checksum follows, or the payload's checksum is right. For
// the last kind of proof at most `*crc_budget` bytes are read, and taken off it.
// With Last::kNo the search stops at a header that needs bytes beyond the window. With Last::kYes
// it passes over such headers; if no record is found, `offset` is the first of them.
Found find_record(ByteView window, std::size_t from, Last last, std::uint64_t* crc_budget);

// Bytes behind a record with a wrong payload that find_shifted() looks at, at most.
inline constexpr std::uint64_t kMostBehind = std::uint64_t{1} << 20;

// The record at the window's start has a right header and a wrong payload, and is `bytes` long if
// its header is believed. Where bytes are missing in it (or were added) no record starts at its
// end, and records that start before do not belong to it. Gives the first record of a chain, header
// by header, that starts inside and leads across that end; kRecord with offset `bytes` when the
// header is to be believed: a record, zeros or nothing stand behind it, or there is no such chain.
// Records nested in a payload whose bytes are all there lead nowhere near its end, so they are
// never found. kNeedMore asks for `offset` bytes, beyond `bytes` by kMostBehind at most. What it
// reads is taken off `*budget`; with none left the header is believed.
Found find_shifted(ByteView window, std::uint64_t bytes, Last last, std::uint64_t* budget);

}  // namespace eventcodec::record
