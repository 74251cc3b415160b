// index_file.h - reads what is new of a file for an index.  In: a file as the index knows it.  Out:
// rows and the file's state in a segment.  Memory is that of the tags of the file and of the rows
// of a stretch.
#pragma once

#include "scan/file.h"

namespace eventcodec::archive {

// What was read, and where the state stands in the segment.
struct IndexedFile {
  std::uint64_t begin = 0;     // of the bytes that were read
  std::uint32_t tail_crc = 0;  // of the last bytes that were read or had been
  std::uint64_t state_offset = 0;
  std::uint64_t state_bytes = 0;
};

// Reads up to the end of the file, counts the bytes of each tag, and appends what is to be kept to
// the segment. `tail` is how many bytes tail_crc is of. The segment's errors are also those of
// saving.writer->status().
Result<IndexedFile> index_file(scan::EventFile& file, const scan::Saving& saving,
                               std::uint64_t tail);

}  // namespace eventcodec::archive
