// columns.h - what a scan fills: per series, columns of steps, wall times, and values or
// references. Rows are only ever added, and a column's memory is shared: views that were handed
// out stay valid while the series grows or goes away.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "scan/column_memory.h"

namespace eventcodec::scan {

// What a series holds; the names are those of Run's accessors in Python.
enum class Kind : std::uint8_t {
  kScalars,
  kHistograms,
  kImages,
  kTexts,
  kAudio,
  kTensors,
  kPrCurves,
  kMeshes,
  kHparams,
  kCustomScalars,
  kGraphs,
  kRaw,  // neither a tensor nor of a kind that is known
};
const char* name_of(Kind kind);
// Bytes of a row in all its columns.
std::uint64_t row_bytes(Kind kind);

// Where the value of a row stands: in the record at `offset`, in its value number `value`, and of
// that (a tensor may hold several images) its item number `item`.
struct Reference {
  std::uint64_t offset;
  std::uint32_t value;
  std::uint32_t item;
};

// The rows of a series. Plain pointers, because kernels of several instruction sets fill them; the
// third column is `values` for scalars and `references` for everything else.
struct Rows {
  std::int64_t* steps = nullptr;
  double* wall_times = nullptr;
  double* values = nullptr;
  Reference* references = nullptr;
  std::uint64_t size = 0;
  std::uint64_t capacity = 0;
};

// Appends rows, for which there is room.
void append_rows(Rows& into, const Rows& more, Kind kind);

// How the values of a series stand in their events. Bits: a series may hold several.
inline constexpr std::uint8_t kEmptyForm = 1;    // no payload: metadata, or no value of a summary
inline constexpr std::uint8_t kMessageForm = 2;  // simple_value, histo, image, audio
inline constexpr std::uint8_t kTensorForm = 4;

// What a column of scalars holds, or, but for the values, any other.
struct Statistics {
  std::uint64_t count = 0;
  std::int64_t first_step = 0;
  std::int64_t last_step = 0;
  std::int64_t most_step = 0;
  double first_wall_time = 0;
  double last_wall_time = 0;
  double last = 0;
  double least = std::numeric_limits<double>::infinity();  // NaN left out
  double greatest = -std::numeric_limits<double>::infinity();
  std::uint64_t nans = 0;
};

// Rows that are kept in piece number `piece` of the file, from byte `offset` of it on: saved.h.
struct Extent {
  std::uint32_t piece = 0;
  std::uint32_t crc = 0;
  std::uint64_t offset = 0;
  Statistics statistics;  // of these rows
};

struct Series {
  std::string tag;  // bytes as they stand in the file
  Kind kind = Kind::kScalars;
  std::uint8_t forms = 0;
  bool begun = false;      // a value was met, whether it became a row or not
  bool unwanted = false;   // the selection leaves its tag out: it never has rows
  bool timeless = false;   // says what the run is: its steps do not count for the selection
  bool described = false;  // a value had metadata, which the fields below may come from
  std::string plugin;
  std::string display_name;
  std::string description;
  Rows rows;
  std::shared_ptr<void> memory;  // of all columns
  std::uint32_t shape = 0;       // of Predictor or VdlScalars; 0: not learned
  std::uint64_t bytes = 0;       // of the VisualDL records that were read here; 0 of event files
  std::vector<Extent> saved;     // where the rows before `rows` are kept
  std::uint64_t saved_rows = 0;  // in those

  // In memory and elsewhere.
  [[nodiscard]] std::uint64_t size() const { return saved_rows + rows.size; }

  // Room for at least `wanted` rows in all; `file_bytes` as ColumnMemory::take() wants it. Old
  // memory lives on in the views that share it.
  [[nodiscard]] bool reserve(std::uint64_t wanted, ColumnMemory& from, std::uint64_t file_bytes);

  // Moves the rows to a block with room for so many, at least those that there are.
  void move_to(std::shared_ptr<void> block, std::uint64_t capacity);

  // One more row; reserve() has made room.
  void append_scalar(std::int64_t step, double wall_time, double value) {
    rows.steps[rows.size] = step;
    rows.wall_times[rows.size] = wall_time;
    rows.values[rows.size] = value;
    ++rows.size;
  }
  void append_reference(std::int64_t step, double wall_time, const Reference& reference) {
    rows.steps[rows.size] = step;
    rows.wall_times[rows.size] = wall_time;
    rows.references[rows.size] = reference;
    ++rows.size;
  }
};

}  // namespace eventcodec::scan
