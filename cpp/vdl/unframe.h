// unframe.h - finds the VisualDL record at the start of a window of bytes.  In: bytes that start at
// a record boundary.  Out: a record, a wish for more bytes, or damage.  Pure: no I/O, no
// allocation. A length is believed when the payload behind it gives the same one, and a record when
// what follows it could be another.
#pragma once

#include "base/bytes.h"
#include "record/resync.h"
#include "vdl/decode.h"

namespace eventcodec::vdl {

// What the first bytes of a window say about the record there.
struct Header {
  enum class Kind : std::uint8_t {
    kRecord,      // two lengths that agree
    kNeedMore,    // nothing speaks against a record, in fewer than kHeaderBytes bytes
    kContradicts  // no record
  };
  Kind kind;
  std::uint64_t bytes = 0;  // of the record, with its length
};
[[nodiscard]] Header read_header(ByteView window);

struct Unframed {
  enum class Kind : std::uint8_t {
    kRecord,
    kNeedMore,   // `bytes` is the size of the window that would say more
    kLoose,      // a record by itself, with something else behind it: it may have swallowed others
    kMalformed,  // the lengths agree and another record follows, but `bytes` bytes are no record
    kDamage,     // no record starts here
  };
  Kind kind;
  ValueView value = {};     // kRecord, kLoose
  std::uint64_t bytes = 0;  // size of the record
};

// Looks at the record at the start of `window`; `last` tells whether the file ends with it.
[[nodiscard]] Unframed unframe(ByteView window, record::Last last);

}  // namespace eventcodec::vdl
