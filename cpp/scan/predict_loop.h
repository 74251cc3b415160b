// predict_loop.h - the loop that every kernel of predict.h shares, compiled once per instruction
// set. Included by kernel files only, inside their anonymous namespace's Isa:
//   Isa::crc(Prediction&, data, size)       CRC-32C of a payload
//   Isa::crc_length(length)                 CRC-32C of the eight bytes of a length
//   Isa::equal(a, padded, size)             size <= 64 bytes equal; may read 64 bytes of both
//   Isa::read_step(p, &step)                varint of at most 8 bytes: its size, or 0
#pragma once

#include <bit>

#include "event/format.h"
#include "record/format.h"
#include "scan/predict.h"
#include "wire/format.h"

namespace eventcodec::scan {
namespace {

EVENTCODEC_INLINE std::uint32_t mask_crc(std::uint32_t crc) {
  return crc32c::MaskedCrc::of_crc(crc).bits();
}

// The fields before the values of an event: wall time, maybe a step, the summary's header.
struct EventHead {
  double wall_time;
  std::int64_t step;
  const std::uint8_t* values;
};

// False: not in the order and form that every writer uses.
template <class Isa>
EVENTCODEC_INLINE bool read_head(const std::uint8_t* p, const std::uint8_t* end, EventHead* head) {
  constexpr std::uint8_t kWallTimeKey = wire::tag(event::kWallTime, wire::Type::kFixed64);
  constexpr std::uint8_t kStepKey = wire::tag(event::kStep, wire::Type::kVarint);
  constexpr std::uint8_t kSummaryKey = wire::tag(event::kSummary, wire::Type::kBytes);
  if (p[0] != kWallTimeKey) return false;
  head->wall_time = load_le<double>(p + 1);
  p += 9;
  head->step = 0;
  if (*p == kStepKey) {
    const std::size_t size = Isa::read_step(p + 1, &head->step);
    if (size == 0) return false;
    p += 1 + size;
  }
  if (*p != kSummaryKey) return false;
  std::uint64_t length = p[1];
  p += 2;
  for (unsigned shift = 7; (length >> shift) == 1 && shift < 28; shift += 7) {
    length =
        (length & ((std::uint64_t{1} << shift) - 1)) | (static_cast<std::uint64_t>(*p++) << shift);
  }
  head->values = p;
  return p <= end && length == static_cast<std::uint64_t>(end - p);
}

// Fetches the memory that rows of a column behind `row` will be written to. Rows of hundreds of
// series come in turn, too many streams for the processor to foresee: the wait for memory would be
// a third of the time of a scan. (A number and no pointer: it may lie behind the column.)
EVENTCODEC_INLINE void prefetch_rows(const void* column, std::uint64_t row) {
  constexpr std::uint64_t kAhead = 64;  // the next line of the cache
  const std::uint64_t place = reinterpret_cast<std::uintptr_t>(column) + row * 8 + kAhead;
  __builtin_prefetch(reinterpret_cast<const void*>(place), 1);
}

// Takes back the rows of `count` values that followed one another from `shape` on.
EVENTCODEC_INLINE void take_back(Prediction& prediction, std::uint32_t shape, std::uint64_t count) {
  for (; count != 0; --count) {
    prediction.shapes[shape].rows->size -= prediction.shapes[shape].kept;
    shape = prediction.shapes[shape].next;
  }
}

// Appends the values of one event, or with Keep::kNo only sees whether they are as predicted.
// False, and nothing is appended: one is not, or there is no room for it.
enum class Keep : bool { kNo, kYes };
template <class Isa, Keep keep>
EVENTCODEC_INLINE bool take_values(Prediction& prediction, const EventHead& head,
                                   const std::uint8_t* end) {
  const std::uint32_t first = prediction.current;
  std::uint32_t current = first;
  std::uint32_t last = prediction.last;
  std::uint64_t taken = 0;
  const std::uint8_t* p = head.values;
  while (p != end) {
    const Shape& shape = prediction.shapes[current];
    Rows* rows = shape.rows;
    if (shape.bytes > static_cast<std::uint64_t>(end - p) ||
        !Isa::equal(p, shape.prefix, shape.prefix_bytes) ||
        (keep == Keep::kYes && rows->size == rows->capacity)) {
      if (keep == Keep::kYes) take_back(prediction, first, taken);
      return false;
    }
    const std::uint8_t* number = p + shape.prefix_bytes;
    const bool narrow = shape.number_bytes == 4;
    if (shape.suffix_bytes != 0 &&
        !Isa::equal(number + shape.number_bytes, shape.suffix, shape.suffix_bytes)) {
      if (keep == Keep::kYes) take_back(prediction, first, taken);
      return false;
    }
    if constexpr (keep == Keep::kYes) {
      const std::uint64_t row = rows->size;
      rows->size = row + shape.kept;
      if (prediction.fetch_ahead) {
        prefetch_rows(rows->steps, row);
        prefetch_rows(rows->wall_times, row);
        prefetch_rows(rows->values, row);
      }
      rows->steps[row] = head.step;
      rows->wall_times[row] = head.wall_time;
      rows->values[row] =
          narrow ? static_cast<double>(load_le<float>(number)) : load_le<double>(number);
    }
    p += shape.bytes;
    last = current;
    current = shape.next;
    ++taken;
  }
  prediction.current = current;
  prediction.last = last;
  return true;
}

template <class Isa>
const std::uint8_t* predict_loop(Prediction& prediction, const std::uint8_t* p,
                                 const std::uint8_t* end) {
  // The smallest event with a value: wall time, and a summary with a header of two bytes.
  constexpr std::uint64_t kSmallestPayload = 9 + 2;
  while (static_cast<std::size_t>(end - p) >= record::kOverheadBytes + kSmallestPayload) {
    const auto length = load_le<std::uint64_t>(p);
    const std::uint64_t available = static_cast<std::uint64_t>(end - p) - record::kOverheadBytes;
    if (length > available || length < kSmallestPayload) break;
    if (mask_crc(Isa::crc_length(length)) != load_le<std::uint32_t>(p + record::kLengthBytes)) {
      break;
    }
    const std::uint8_t* payload = p + record::kHeaderBytes;
    const std::uint8_t* payload_end = payload + length;
    EventHead head;
    if (!read_head<Isa>(payload, payload_end, &head)) break;
    // The checksum before the rows, so that rows of a damaged record never exist.
    if (prediction.verify &&
        mask_crc(Isa::crc(prediction, payload, length)) != load_le<std::uint32_t>(payload_end)) {
      break;
    }
    const bool taken = prediction.steps.holds(head.step)
                           ? take_values<Isa, Keep::kYes>(prediction, head, payload_end)
                           : take_values<Isa, Keep::kNo>(prediction, head, payload_end);
    if (!taken) break;
    ++prediction.records;
    p = payload_end + record::kFooterBytes;
  }
  return p;
}

}  // namespace
}  // namespace eventcodec::scan
