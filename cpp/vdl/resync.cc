// resync.cc - finds the next VisualDL record after damage.
#include "vdl/resync.h"

#include <cstring>

#include "vdl/format.h"
#include "vdl/unframe.h"
#include "wire/format.h"

namespace eventcodec::vdl {

using record::Found;
using record::Last;

namespace {

// The first position from `from` on with a length and the key of a value behind it, where a whole
// header fits before the window's end; `end` when there is none that starts before it.
std::size_t next_candidate(ByteView window, std::size_t from, std::size_t end) {
  constexpr int kKey = wire::tag(kValues, wire::Type::kBytes);
  while (from < end) {
    const std::uint8_t* const keys = window.data() + kLengthBytes;
    const void* found = std::memchr(keys + from, kKey, end - from);
    if (found == nullptr) return end;
    from = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - keys);
    if (read_header(window.subspan(from)).kind == Header::Kind::kRecord) return from;
    ++from;
  }
  return end;
}

enum class Verdict : std::uint8_t { kRecord, kNoRecord, kNeedMore };

Verdict judge(ByteView window, Last last, std::uint64_t* budget) {
  const std::uint64_t bytes = read_header(window).bytes;
  if (window.size() < bytes) return Verdict::kNeedMore;
  const ByteView after = window.subspan(static_cast<std::size_t>(bytes));
  const Header next = read_header(after);
  if (next.kind == Header::Kind::kContradicts) return Verdict::kNoRecord;
  if (next.kind == Header::Kind::kNeedMore && last == Last::kNo) return Verdict::kNeedMore;
  if (bytes > *budget) {
    return next.kind == Header::Kind::kRecord ? Verdict::kRecord : Verdict::kNoRecord;
  }
  *budget -= bytes;
  ValueView value;
  const ByteView payload = window.first(static_cast<std::size_t>(bytes)).subspan(kLengthBytes);
  return decode_record(payload, &value) && is_of_a_clock(value.timestamp) ? Verdict::kRecord
                                                                          : Verdict::kNoRecord;
}

}  // namespace

Found find_record(ByteView window, std::size_t from, Last last, std::uint64_t* budget) {
  using Kind = Found::Kind;
  const std::size_t end = window.size() < kHeaderBytes ? 0 : window.size() - kHeaderBytes + 1;
  std::size_t unfinished = window.size() + 1;  // none
  for (std::size_t at = next_candidate(window, from, end); at < end;
       at = next_candidate(window, at + 1, end)) {
    const Verdict verdict = judge(window.subspan(at), last, budget);
    if (verdict == Verdict::kRecord) return {Kind::kRecord, at};
    if (verdict == Verdict::kNeedMore) {
      if (last == Last::kNo) return {Kind::kNeedMore, at};
      if (unfinished > window.size()) unfinished = at;
    }
  }
  if (unfinished <= window.size()) return {Kind::kNeedMore, unfinished};
  return {Kind::kNeedMore, from > end ? from : end};
}

}  // namespace eventcodec::vdl
