// skip.cc - what comes after a header that is none.
#include "scan/skip.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "crc32c/crc32c.h"
#include "record/format.h"
#include "record/outline.h"
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

// The checksum of `bytes` bytes of the file from `offset` on, read beside the window.
Result<std::uint32_t> crc_of_file(const Window& window, std::uint64_t offset, std::uint64_t bytes) {
  std::array<std::uint8_t, 16384> chunk;
  std::uint32_t crc = 0;
  while (bytes != 0) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), bytes));
    const ssize_t got = ::pread(window.fd(), chunk.data(), room, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) return Error{.code = Errc::kTruncated, .message = "the file became shorter"};
    const auto size = static_cast<std::size_t>(got);
    crc = crc32c::extend(crc, ByteView(chunk).first(size));
    offset += size;
    bytes -= size;
  }
  return crc;
}

// Whether a payload of `length` bytes behind the header at the window's start agrees with the
// checksum behind it.
Result<bool> is_payload(const Window& window, std::uint64_t length) {
  if (window.bytes().size() >= length + record::kOverheadBytes) {
    const ByteView payload =
        window.bytes().subspan(record::kHeaderBytes, static_cast<std::size_t>(length));
    return crc32c::MaskedCrc::of(payload).bits() ==
           load_le<std::uint32_t>(payload.data() + payload.size());
  }
  const std::uint64_t start = window.offset() + record::kHeaderBytes;
  const Result<std::uint32_t> crc = crc_of_file(window, start, length);
  if (!crc.ok()) return crc.error();
  std::array<std::uint8_t, record::kFooterBytes> footer;
  const ssize_t got =
      ::pread(window.fd(), footer.data(), footer.size(), static_cast<off_t>(start + length));
  return got == static_cast<ssize_t>(footer.size()) &&
         crc32c::MaskedCrc::of_crc(crc.value()).bits() == load_le<std::uint32_t>(footer.data());
}

// The size of the record at the window's start, if its damaged header still tells it; else 0.
Result<std::uint64_t> outline(const Window& window, SearchBudget& budget) {
  if (window.bytes().size() < record::kHeaderBytes) return std::uint64_t{0};
  for (const std::uint64_t length : record::possible_lengths(window.bytes().data())) {
    if (length == record::kNoLength || !window.can_hold(length + record::kOverheadBytes)) continue;
    if (length > budget.outlines) continue;
    budget.outlines -= length;
    const Result<bool> right = is_payload(window, length);
    if (!right.ok() && right.error().code == Errc::kTruncated) continue;
    if (!right.ok()) return right.error();
    if (right.value()) return length + record::kOverheadBytes;
  }
  return std::uint64_t{0};
}

// Moves the window, whose file holds them, over `bytes` bytes.
Status pass(Window& window, std::uint64_t bytes) {
  while (bytes != 0) {
    const auto here =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes, window.bytes().size()));
    window.drop(here);
    bytes -= here;
    if (bytes == 0) return {};
    Status status = window.fill();
    if (!status.ok()) return status;
    if (window.bytes().empty()) return Error{.code = Errc::kTruncated, .message = "file cut"};
  }
  return {};
}

}  // namespace

constinit const Framing kEventFraming{.find_record = record::find_record,
                                      .header_bytes = record::kHeaderBytes,
                                      .record_bytes = length_and<record::kOverheadBytes>,
                                      .has_checksums = true};
constinit const Framing kVisualDlFraming{.find_record = vdl::find_record,
                                         .header_bytes = vdl::kHeaderBytes,
                                         .record_bytes = length_and<vdl::kOverheadBytes>,
                                         .has_checksums = false};

Result<Skipped> skip_to_record(Window& window, const Framing& framing, SearchBudget& budget) {
  if (framing.has_checksums) {
    const Result<std::uint64_t> record = outline(window, budget);
    if (!record.ok()) return record.error();
    if (record.value() != 0) {
      Status status = pass(window, record.value());
      if (!status.ok()) return status.error();
      return Skipped{Skipped::Kind::kRecord, window.offset()};
    }
  }
  std::optional<std::uint64_t> unfinished;
  bool zeros = true;
  std::size_t from = 1;
  while (true) {
    const ByteView bytes = window.bytes();
    const auto last = window.at_end() ? record::Last::kYes : record::Last::kNo;
    zeros = zeros && is_zero(bytes);
    const Found found = framing.find_record(bytes, from, last, &budget.proofs);
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

Result<std::uint64_t> damaged_bytes(Window& window, std::uint64_t bytes, SearchBudget& budget) {
  if (!window.can_hold(bytes)) {
    const std::uint64_t tail = window.remaining();
    if (tail < record::kHeaderBytes || tail > record::kMostBehind || tail > budget.shifts) {
      return bytes;
    }
    Status status = window.fill(tail);
    if (!status.ok()) return status.error();
  }
  while (true) {
    const auto last = window.at_end() ? record::Last::kYes : record::Last::kNo;
    const Found found = record::find_shifted(window.bytes(), bytes, last, &budget.shifts);
    if (found.kind == Found::Kind::kRecord) return std::uint64_t{found.offset};
    // A larger window costs what it holds: the same budget pays for it.
    const std::uint64_t wanted = std::min<std::uint64_t>(found.offset, window.remaining());
    if (budget.shifts < wanted) return bytes;
    budget.shifts -= wanted;
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
