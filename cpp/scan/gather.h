// gather.h - scalars of many runs and tags as the columns of one table.  In: scanned files, and
// which of their series and rows.  Out: the chosen rows, copied once, to where they stay.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "scan/choice.h"
#include "scan/columns.h"
#include "scan/file.h"

namespace eventcodec::scan {

// A series of one file. Those of a run with the same tag make up a series of the table.
struct Source {
  std::uint32_t file;
  std::uint32_t series;  // of scalars
  std::uint32_t tag;
};

struct Wanted {
  std::span<EventFile* const> files;    // those of a run stand together, in the order of reading
  std::span<const std::uint32_t> runs;  // of each file
  std::span<const Source> sources;      // in the order of files, and of series in them
  bool purge = true;                    // leave out what restarts void
  Choice choice;
  std::uint64_t points =
      0;  // of the rows that are chosen in a series, so many: downsample.h; 0: all
};

// Numbers of runs or tags, as Arrow's dictionaries are: each number once, and its places.
struct Codes {
  std::vector<std::uint32_t> numbers;  // in the order of their first place
  std::vector<std::int32_t> places;    // of each series, in `numbers`
};

struct Gathered {
  Rows rows;  // by run, then tag in the order in which they appear, then file order
  std::shared_ptr<void> memory;
  std::vector<std::int64_t> lengths;  // of each series
  Codes runs;
  Codes tags;
};

// The chosen rows of all sources, on at most `threads` threads that live for this call. A series
// is not there when it has no rows, or restarts void them all. Memory beside the result is that of
// a series a thread where rows are in pieces or chosen by their look, and some bytes a source. Of
// an error, `failed` is the number of the file.
[[nodiscard]] Result<Gathered> gather(const Wanted& wanted, std::size_t threads,
                                      std::size_t* failed);

}  // namespace eventcodec::scan
