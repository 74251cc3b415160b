// fetch.h - reads the values that References point at, again from the file.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "event/decode.h"
#include "scan/columns.h"
#include "scan/descriptor.h"
#include "scan/format.h"
#include "vdl/decode.h"

namespace eventcodec::scan {

// One value of a file, and the rows that point at it: several where a tensor holds several images
// or clips. The views point into `joined` and the memory of its record.
struct Fetched {
  std::size_t row = 0;  // the first
  std::size_t rows = 0;
  event::Joined joined;
  event::ValueView value;
  ByteView bytes;  // the Value as it stands there; of a graph, its message
  // Of a VisualDL log, instead of `value`.
  vdl::ValueView vdl_value;
};

// What becomes of a value that was found, whose first row is `row`; called once for each, on
// several threads. An error says that it is malformed.
using Use = std::function<Status(std::size_t row, const Fetched& value)>;

// How many rows the values have, which are all up to some row.
inline std::size_t count_rows(const std::vector<Fetched>& values) {
  return values.empty() ? 0 : values.back().row + values.back().rows;
}

// Values of one series that are read together, each record once: plan() finds out how large the
// records are, the caller makes memory for them, read() fills it.
class Fetch {
 public:
  // Records are read until there are so many bytes; a larger one is read alone. By one thread few
  // enough to stay in the cache next to it; by several so many that starting them costs little.
  static constexpr std::uint64_t kBytes = std::uint64_t{512} << 10;
  static constexpr std::uint64_t kBytesOfThreads = std::uint64_t{4} << 20;

  // Looks at the headers of the first of `references`, and of those behind it as long as they fit;
  // at one at least. `references` must outlive this.
  [[nodiscard]] static Result<Fetch> plan(const std::string& path, Format format,
                                          std::span<const Reference> references,
                                          std::size_t threads);

  // A record, and the values in it.
  struct Record {
    std::size_t bytes;  // which the file has
    std::size_t value;  // number of the first in values()
    std::size_t values;
  };
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

  // How many rows there are values of, before read() and after it.
  [[nodiscard]] std::size_t rows() const { return count_rows(values_); }

  // Reads each record into its place of `memory`, checks all that can be checked, finds the values
  // and uses them. values() are those before the first one that fails. If that is the very first,
  // its error is returned. kCorrupt: the bytes are damaged, or are not those of `tag` any more.
  [[nodiscard]] Status read(std::string_view tag, std::span<std::uint8_t* const> memory,
                            const Use& use);
  [[nodiscard]] std::vector<Fetched>& values() { return values_; }

 private:
  explicit Fetch(Descriptor&& file) : file_(std::move(file)) {}

  Status plan_all(std::uint64_t most);
  Status read_all(std::string_view tag, std::span<std::uint8_t* const> memory, const Use& use);
  Status read_record(const Record& record, std::uint8_t* memory, ByteView* payload);
  Status find(ByteView payload, std::string_view tag, Fetched* value) const;

  Descriptor file_;
  Format format_ = Format::kEvents;
  std::span<const Reference> references_;
  std::size_t threads_ = 1;
  std::vector<Record> records_;
  std::vector<Fetched> values_;
};

// Values that were read together, and the memory of their records.
struct Batch {
  Buffer records;
  std::vector<Fetched> values;
};

// Plans and reads in one, into memory of the batch.
[[nodiscard]] Status fetch(const std::string& path, Format format,
                           std::span<const Reference> references, std::string_view tag,
                           std::size_t threads, const Use& use, Batch* batch);

}  // namespace eventcodec::scan
