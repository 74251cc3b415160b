// fetch.h - reads the values that References point at, again from the file.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "event/decode.h"
#include "scan/columns.h"
#include "scan/format.h"
#include "vdl/decode.h"

namespace eventcodec::scan {

// One value of a file. The views point into `joined` and the records of its Batch.
struct Fetched {
  event::Joined joined;
  event::ValueView value;
  ByteView bytes;  // the Value as it stands there; of a graph, its message
  // Of a VisualDL log, instead of `value`.
  vdl::ValueView vdl_value;
};

// Values that were read together, and the memory of their records.
struct Batch {
  // Records are read until there are so many bytes; a larger one is read alone. By one thread few
  // enough to stay in the cache next to it; by several so many that starting them costs little.
  static constexpr std::uint64_t kBytes = std::uint64_t{512} << 10;
  static constexpr std::uint64_t kBytesOfThreads = std::uint64_t{4} << 20;

  Buffer records;
  std::vector<Fetched> values;
};

// What becomes of a value that was found; called once for each, on several threads. An error says
// that it is malformed.
using Use = std::function<Status(std::size_t row, const Fetched& value)>;

// Reads the first of the records at `references`, and those behind it as long as they fit into a
// batch, from the file at `path`; checks all that can be checked, finds the values and uses them.
// batch->values are those before the first one that fails. If that is the very first, its error is
// returned. kCorrupt: the bytes are damaged, or are not those of `tag` any more.
Status fetch(const std::string& path, Format format, std::span<const Reference> references,
             std::string_view tag, std::size_t threads, const Use& use, Batch* batch);

}  // namespace eventcodec::scan
