// skip.h - what comes after a header that is none: another record, an unfinished one, or zeros.
#pragma once

#include "record/resync.h"
#include "record/shifted.h"
#include "scan/window.h"

namespace eventcodec::scan {

struct Skipped {
  enum class Kind : std::uint8_t {
    kRecord,      // a record starts at `offset`; the window starts there
    kUnfinished,  // no record follows, but a right header at `offset` whose record is not complete
    kZeros,       // nothing but zeros up to the end of the file: space that was never written
    kNothing,     // no record follows
  };
  Kind kind;
  std::uint64_t offset;
};

// What a search must know of a format.
struct Framing {
  // As record::find_record and vdl::find_record.
  record::Found (*find_record)(ByteView window, std::size_t from, record::Last last,
                               std::uint64_t* budget);
  std::size_t header_bytes;                                   // the least that can be judged
  std::uint64_t (*record_bytes)(const std::uint8_t* header);  // of a header that find_record took
  bool has_checksums;  // which tell where a record ends whose header is damaged
};
extern const Framing kEventFraming;
extern const Framing kVisualDlFraming;

// What searches in one file may still read beyond the bytes that they pass over, so that no file
// can make them cost more than linear time.
struct SearchBudget {
  explicit SearchBudget(std::uint64_t file_bytes)
      : proofs(record::kCrcBudgetPerByte * file_bytes),
        outlines(2 * file_bytes),
        shifts(record::kShiftBudget + record::kShiftBudgetPerByte * file_bytes) {}

  std::uint64_t proofs;    // for payloads that are checked to tell a record from other bytes
  std::uint64_t outlines;  // for payloads behind damaged headers
  std::uint64_t shifts;    // for records that may have lost bytes
};

// The window starts at a header that is none. Where the header still tells the record's length and
// the payload's checksum agrees, the record ends there: what is inside it is never taken for
// records. Else searches from the byte after the window's start on. Reads the file to its end if
// it must.
Result<Skipped> skip_to_record(Window& window, const Framing& framing, SearchBudget& budget);

// The window starts at a record of `bytes` bytes whose payload is wrong, or which the file does not
// hold: how many bytes of it are to be skipped, fewer where the records that follow begin inside
// it. See record::find_shifted().
Result<std::uint64_t> damaged_bytes(Window& window, std::uint64_t bytes, SearchBudget& budget);

// Whether all bytes from the window's start to the end of the file are zero.
Result<bool> is_zero_to_end(Window& window);

}  // namespace eventcodec::scan
