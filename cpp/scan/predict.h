// predict.h - the fast path of a scan: scalar records whose bytes are known but for wall time,
// step and value. Training loops log the same tags in the same order, so after each value the one
// that followed it last time is expected: one comparison verifies field headers, lengths, tag and
// metadata together. Whatever differs is left to the decoder in file.cc, which teaches the
// predictor.
#pragma once

#include <optional>
#include <vector>

#include "base/kernel.h"
#include "crc32c/crc32c.h"
#include "scan/columns.h"
#include "scan/selection.h"

namespace eventcodec::scan {

// Bytes that a kernel may read behind the end of the bytes it was given.
inline constexpr std::size_t kReadSlack = 64;
inline constexpr std::size_t kMaxShapeBytes = 64;

// The layout of one value inside a Summary: constant bytes, the number, constant bytes. Prefix and
// suffix are padded with zeros.
struct Shape {
  alignas(64) std::uint8_t prefix[kMaxShapeBytes] = {};  // from the value's field header on
  std::uint32_t prefix_bytes = 0;
  std::uint32_t suffix_bytes = 0;
  std::uint32_t number_bytes = 0;  // 4: float32, 8: float64
  std::uint32_t bytes = 0;         // prefix, number and suffix
  std::uint32_t next = 0;          // the shape that followed last time
  std::uint32_t kept = 1;          // rows that a value becomes: of an unwanted series 0
  std::uint32_t series = 0;        // its number
  Rows* rows = nullptr;            // has room for one at least
  alignas(16) std::uint8_t suffix[kMaxShapeBytes] = {};
};

// What a kernel works on. shapes[0] matches nothing.
struct Prediction {
  Shape* shapes = nullptr;
  std::uint32_t current = 0;  // the shape that is expected next
  std::uint32_t last = 0;     // the shape of the value before
  std::uint64_t records = 0;  // counted up
  bool verify = true;
  bool fetch_ahead = true;  // the memory for rows; see prefetch_rows()
  StepRange steps;          // events of others are read like all, but appended nowhere
  crc32c::ExtendFn long_crc = nullptr;
};

// Reads whole records from the start of `begin`..`end` for as long as they are as predicted, and
// appends their rows. Returns the byte after the last record taken. kReadSlack bytes behind `end`
// must be readable.
using PredictFn = const std::uint8_t* (*)(Prediction& prediction, const std::uint8_t* begin,
                                          const std::uint8_t* end);

std::span<const Kernel<PredictFn>> kernels();
const Kernel<PredictFn>& chosen();

// Learns shapes and their order.
class Predictor {
 public:
  void forget();
  // Sets what the kernel needs besides the shapes.
  Prediction& prepare(bool verify, const StepRange& steps);

  // `value` is one Value with its field header as it stands in a record, whose number is
  // `number_bytes` bytes at `number`; the row went to `series`, which has the number `id`. What
  // does not fit is not learned.
  void learn(Series& series, std::uint32_t id, ByteView value, const std::uint8_t* number,
             std::size_t number_bytes);
  // The number of the series whose row is expected next.
  [[nodiscard]] std::optional<std::uint32_t> expected() const;
  // The series have moved.
  void follow(std::vector<Series>& all);

 private:
  void begin();
  static bool describe(ByteView value, const std::uint8_t* number, std::size_t number_bytes,
                       Shape* shape);

  std::vector<Shape> shapes_;  // empty until something is to be read
  Prediction prediction_;
};

}  // namespace eventcodec::scan
