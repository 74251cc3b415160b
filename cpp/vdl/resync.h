// resync.h - finds the next VisualDL record after damage.  In: bytes that hold records somewhere.
// Out: where the first believable record starts.  Pure, and linear in the window's size whatever
// the bytes are.
#pragma once

#include "record/resync.h"

namespace eventcodec::vdl {

// As record::find_record. A position is the start of a record when its two lengths agree, its value
// decodes and was stamped by a clock, and what follows could be another record or is the file's
// end. At most `*budget` bytes of values are decoded, and taken off it; after that the lengths of
// two records in a row must do.
record::Found find_record(ByteView window, std::size_t from, record::Last last,
                          std::uint64_t* budget);

}  // namespace eventcodec::vdl
