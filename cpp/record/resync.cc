// resync.cc - finds the next record after damage.
#include "record/resync.h"

#include <algorithm>

#include "crc32c/crc32c.h"
#include "record/unframe.h"

namespace eventcodec::record {
namespace {

// Zeros (a hole, a tail that was never written) are no header, and need no checksum to tell. For a
// position whose kHeaderBytes bytes are zero: the next one of which that is not so.
std::size_t pass_zeros(const std::uint8_t* data, std::size_t from, std::size_t end) {
  while (from + 1 < end && data[from + kHeaderBytes] == 0) {
    const bool eight =
        from + kLengthBytes < end && load_le<std::uint64_t>(data + from + kHeaderBytes) == 0;
    from += eight ? 8 : 1;
  }
  return from + 1;
}

// The first position from `from` on whose eight bytes are a length below 4 GiB: whose bytes 4..7
// are zero. Of four bytes looked at from the back, the last that is not zero rules out every
// position up to it. Returns `end` or more when there is none that starts before `end`. Headers of
// nothing but zeros are passed over.
std::size_t next_candidate(const std::uint8_t* data, std::size_t from, std::size_t end) {
  while (from < end) {
    const std::uint8_t* high = data + from + 4;
    if (high[3] != 0) {
      from += 4;
    } else if (high[2] != 0) {
      from += 3;
    } else if (high[1] != 0) {
      from += 2;
    } else if (high[0] != 0) {
      from += 1;
    } else if (load_le<std::uint32_t>(data + from) == 0 &&
               load_le<std::uint32_t>(data + from + kLengthBytes) == 0) {
      from = pass_zeros(data, from, end);
    } else {
      return from;
    }
  }
  return from;
}

enum class Verdict : std::uint8_t { kRecord, kNoRecord, kNeedMore };

// Whether what follows the right header at `window`'s start agrees with it.
Verdict judge(ByteView window, Last last, std::uint64_t* crc_budget) {
  const std::uint64_t bytes = load_le<std::uint64_t>(window.data()) + kOverheadBytes;
  if (window.size() < bytes) return Verdict::kNeedMore;
  const ByteView after = window.subspan(static_cast<std::size_t>(bytes));
  if (after.size() >= kHeaderBytes && has_header(after.data())) return Verdict::kRecord;
  if (after.empty() && last == Last::kYes) return Verdict::kRecord;
  if (bytes <= *crc_budget) {
    *crc_budget -= bytes;
    if (unframe(window, Verify::kYes).kind == Unframed::Kind::kRecord) return Verdict::kRecord;
  }
  return after.size() < kHeaderBytes && last == Last::kNo ? Verdict::kNeedMore : Verdict::kNoRecord;
}

}  // namespace

bool has_header(const std::uint8_t* p) {
  const auto length = load_le<std::uint64_t>(p);
  if (length > kMaxPayloadBytes) return false;
  const auto stored = load_le<std::uint32_t>(p + kLengthBytes);
  return crc32c::MaskedCrc::of({p, kLengthBytes}).bits() == stored;
}

std::size_t find_header(ByteView window, std::size_t from, std::size_t stop) {
  const std::uint8_t* data = window.data();
  std::size_t at = next_candidate(data, from, stop);
  while (at < stop && !has_header(data + at)) at = next_candidate(data, at + 1, stop);
  return at;
}

Found find_record(ByteView window, std::size_t from, Last last, std::uint64_t* crc_budget) {
  using Kind = Found::Kind;
  // A record is at least kOverheadBytes long; a header is the least that can be judged.
  const std::size_t end = window.size() < kHeaderBytes ? 0 : window.size() - kHeaderBytes + 1;
  std::size_t unfinished = window.size() + 1;  // none
  for (std::size_t at = find_header(window, from, end); at < end;
       at = find_header(window, at + 1, end)) {
    const Verdict verdict = judge(window.subspan(at), last, crc_budget);
    if (verdict == Verdict::kRecord) return {Kind::kRecord, at};
    if (verdict == Verdict::kNeedMore) {
      if (last == Last::kNo) return {Kind::kNeedMore, at};
      if (unfinished > window.size()) unfinished = at;
    }
  }
  if (unfinished <= window.size()) return {Kind::kNeedMore, unfinished};
  return {Kind::kNeedMore, from > end ? from : end};
}

}  // namespace eventcodec::record
