// salvage.h - copies the intact records of a damaged file.  In: a file.  Out: a file that every
// reader takes whole, and a report of what was kept and what was not.
#pragma once

#include <string>
#include <vector>

#include "archive/file_output.h"

namespace eventcodec::archive {

// Bytes that were not copied.
struct LeftOut {
  std::uint64_t offset;
  std::uint64_t bytes;
  const char* reason;
  bool searched;                 // what follows was found by a search
  std::uint64_t records_before;  // intact records that stand before them
};

// A run of records that were copied, and stand in the file one after the other.
struct Stretch {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t records;
  bool searched;  // where it starts was found by a search: it follows a damaged header
};

struct SalvageOptions {
  bool events = true;  // false: any TFRecord file; payloads are not looked at
  bool copy = true;    // false: only the report
};

struct Salvaged {
  std::vector<LeftOut> damage;
  std::vector<LeftOut> unreadable;  // intact records that are no event to other readers
  std::vector<Stretch> stretches;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;    // of the file
  std::uint64_t pending = 0;  // at the end: an unfinished record, or zeros
  std::uint64_t bytes_written = 0;
  bool version_added = false;  // the file's first record, "brain.Event:2", was missing
};

// Copies from `from` (open for reading) to `to` (open for writing, empty). With options.events the
// output starts with the version record that readers expect, and holds only events that they take.
// Memory does not grow with the file but for the report of its damage.
Result<Salvaged> salvage(int from, int to, const SalvageOptions& options);

}  // namespace eventcodec::archive
