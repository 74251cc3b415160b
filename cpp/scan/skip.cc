// skip.cc - what comes after a header that is none.
#include "scan/skip.h"

#include <algorithm>
#include <optional>

#include "record/format.h"
#include "record/resync.h"
#include "vdl/format.h"
#include "vdl/resync.h"

namespace eventcodec::scan {

using record::Found;

namespace {

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t Overhead>
std::uint64_t length_and(const std::uint8_t* header) {
  return load_le<std::uint64_t>(header) + Overhead;
}

// The bytes needed to judge the header at the window's start: its record and the header after it,
// or nothing when the file does not hold the record. The window holds the header.
std::uint64_t wanted_at_start(const Window& window, const Framing& framing) {
  const std::uint64_t record = framing.record_bytes(window.bytes().data());
  if (!window.can_hold(record)) return 0;
  return window.can_hold(record + framing.header_bytes) ? record + framing.header_bytes : record;
}

}  // namespace

constinit const Framing kEventFraming{record::find_record, record::kHeaderBytes,
                                      length_and<record::kOverheadBytes>};
constinit const Framing kVisualDlFraming{vdl::find_record, vdl::kHeaderBytes,
                                         length_and<vdl::kOverheadBytes>};

Result<Skipped> skip_to_record(Window& window, const Framing& framing) {
  std::optional<std::uint64_t> unfinished;
  std::uint64_t budget = 0;
  std::uint64_t paid = window.offset();  // up to here the file has paid into the budget
  bool zeros = true;
  std::size_t from = 1;
  while (true) {
    const ByteView bytes = window.bytes();
    const auto last = window.at_end() ? record::Last::kYes : record::Last::kNo;
    budget += record::kCrcBudgetPerByte * (window.end_offset() - paid);
    paid = window.end_offset();
    zeros = zeros && is_zero(bytes);
    const Found found = framing.find_record(bytes, from, last, &budget);
    const std::size_t decided = std::min(found.offset, bytes.size());
    window.drop(decided);
    if (found.kind == Found::Kind::kRecord) {
      return Skipped{Skipped::Kind::kRecord, window.offset()};
    }
    const bool header = window.bytes().size() >= framing.header_bytes;
    if (header && !unfinished.has_value() &&
        (last == record::Last::kYes || wanted_at_start(window, framing) == 0)) {
      unfinished = window.offset();
    }
    if (last == record::Last::kYes) {
      if (zeros) return Skipped{Skipped::Kind::kZeros, window.offset()};
      if (unfinished.has_value()) return Skipped{Skipped::Kind::kUnfinished, *unfinished};
      return Skipped{Skipped::Kind::kNothing, window.end_offset()};
    }
    const std::uint64_t wanted = header ? wanted_at_start(window, framing) : 0;
    from = header && wanted == 0 ? 1 : 0;
    Status status = window.fill(wanted);
    if (!status.ok()) return status.error();
  }
}

Result<bool> is_zero_to_end(Window& window) {
  while (is_zero(window.bytes())) {
    if (window.at_end()) return true;
    window.drop(window.bytes().size());
    Status status = window.fill();
    if (!status.ok()) return status.error();
  }
  return false;
}

}  // namespace eventcodec::scan
