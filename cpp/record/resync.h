// resync.h - finds the next record after damage.  In: bytes that hold records somewhere.  Out:
// where the first believable record starts.  Pure: no I/O, no allocation, and linear in the
// window's size whatever the bytes are.
#pragma once

#include "base/bytes.h"

namespace eventcodec::record {

// Whether bytes may follow the window: a file that is still being read, or its end.
enum class Last : bool { kNo, kYes };

// Whether the kHeaderBytes bytes at `p` are a header with a right checksum and a possible length.
bool has_header(const std::uint8_t* p);

// The first position from `from` on where such a header stands; `stop` or more when there is none
// before. The window must hold a header at each position before `stop`.
std::size_t find_header(ByteView window, std::size_t from, std::size_t stop);

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

}  // namespace eventcodec::record
