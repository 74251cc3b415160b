// unframer.h - takes a file apart into records, chunk by chunk.  In: the bytes of a file in order,
// in chunks of any size.  Out: payloads, and what was wrong where.  No I/O; memory is that of the
// bytes appended and not yet consumed, whatever lengths they claim.
#pragma once

#include "base/buffer.h"
#include "record/resync.h"
#include "record/shifted.h"
#include "record/unframe.h"

namespace eventcodec::record {

// Use: append() a chunk, next() until kNeedMore, append() the next chunk, ... At kDamage either
// stop, or skip(): after a wrong payload the next record follows, after a wrong header it is
// searched for. Not safe for use from two threads at once.
class Unframer {
 public:
  explicit Unframer(Verify verify) : verify_(verify) {}

  // Adds the file's next bytes. Views from next() end here. False: out of memory, nothing changed.
  [[nodiscard]] bool append(ByteView chunk);

  // The record at offset(), which is then consumed; or kNeedMore or kDamage, which consume nothing
  // and are given again by the next call. The payload lives until append() or skip(). With
  // Last::kYes, for the end of the file, an unfinished record that whole ones follow is damage,
  // too.
  Unframed next(Last last = Last::kNo);

  // A run of bytes of the file.
  struct Region {
    std::uint64_t offset;
    std::uint64_t length;
  };

  // Consumes the damage that next() reported: `complete` tells whether its end was found. With a
  // wrong header and no record found it is not: what cannot be a record is consumed, `region` is
  // what is known to be lost so far, and skip() continues the search after append(). `blank` tells
  // that the region and all that is pending are zeros: a tail that was allocated but not written,
  // as some file systems show it for a moment.
  struct Skipped {
    Region region;
    bool complete;
    bool blank;
    bool searched;  // its end was not where its header says
  };
  Skipped skip(Last last);

  // The file's byte that comes next: everything before it was consumed.
  [[nodiscard]] std::uint64_t offset() const { return dropped_ + position_; }
  // Appended bytes that are not consumed yet.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - position_; }
  // Whether a search for a record is under way: next() gives no record until skip() completes.
  [[nodiscard]] bool searching() const { return searching_; }

 private:
  // What the damaged header at the start of rest() still tells: where its record ends, nothing, or
  // that more bytes are needed to say.
  enum class Outline : std::uint8_t { kFound, kNone, kNeedMore };
  Outline outline(Last last, std::uint64_t* bytes);

  Unframed look_into(const Unframed& unfinished);

  [[nodiscard]] ByteView rest() const { return buffer_.view().subspan(position_); }

  Buffer buffer_;
  std::size_t position_ = 0;   // in buffer_, of the byte that comes next
  std::uint64_t dropped_ = 0;  // bytes of the file before buffer_
  std::uint64_t crc_budget_ = 0;
  std::uint64_t shift_budget_ = kShiftBudget;
  std::size_t wanted_ = 0;        // bytes from position_ on without which skip() cannot tell more
  std::uint64_t torn_bytes_ = 0;  // of the unfinished record at position_, if whole ones follow
  std::uint64_t lost_from_ = 0;   // searching_: where the damage began
  Unframed damage_ = {.kind = Unframed::Kind::kDamage};  // searching_: what it was
  Verify verify_;
  bool searching_ = false;
  bool outlined_ = false;  // searching_: the damaged header tells nothing
  bool blank_ = false;     // searching_: only zeros were consumed
};

}  // namespace eventcodec::record
