// saved.h - rows that an index keeps: a scan hands them over in pieces and forgets them, so that
// its memory does not grow with the file, and who wants a column reads it from there.
// A piece holds, for each series with rows in it, the columns one after the other, as in memory: of
// steps, of wall times, of values or references. Pieces stand in segments, files that are written
// once. Where a series stands in its pieces, its extents say, which stand in the state: state.h.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/buffer.h"
#include "base/error.h"
#include "scan/columns.h"
#include "scan/restarts.h"

namespace eventcodec::scan {

// A segment that is read. The file may be deleted meanwhile.
class Segment {
 public:
  // Does not fail: what cannot be opened cannot be read.
  explicit Segment(std::string path);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  // Whether the file had so many bytes when it was opened.
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= bytes_ && bytes <= bytes_ - offset;
  }

  // Fills three buffers that stand in the file one after the other from `offset` on. kTruncated:
  // the file has fewer bytes.
  [[nodiscard]] Status read(std::uint64_t offset, std::span<std::uint8_t> first,
                            std::span<std::uint8_t> second, std::span<std::uint8_t> third) const;

 private:
  std::string path_;
  std::uint64_t bytes_ = 0;
  int fd_ = -1;  // -1: opened for each reading
};

// Where a piece stands.
struct Piece {
  std::shared_ptr<const Segment> segment;  // nullptr while it is being written
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// Writes pieces and states behind each other. The caller flushes, syncs and closes the file.
class PieceWriter {
 public:
  PieceWriter(int fd, std::uint64_t offset) : fd_(fd), written_(offset) {}

  // The columns of a series; gives their checksum.
  [[nodiscard]] Status append(const Rows& rows, Kind kind, std::uint32_t* crc);
  [[nodiscard]] Status append(ByteView bytes);
  [[nodiscard]] Status flush();
  // From here on what is appended is summed up.
  void begin_sum();
  // The checksum of it.
  [[nodiscard]] std::uint32_t sum() const;
  // Of the first writing that failed.
  [[nodiscard]] const Status& status() const { return status_; }
  // What is not in the file yet.
  [[nodiscard]] ByteView pending() const { return pending_.view(); }
  // Where the next columns go.
  [[nodiscard]] std::uint64_t offset() const { return written_ + pending_.size(); }

 private:
  int fd_;
  std::uint64_t written_;
  Buffer pending_;
  std::uint32_t sum_ = 0;      // of bytes that are written
  std::size_t summed_to_ = 0;  // in pending_
  Status status_;
};

// Adds the rows that are not void, of which the first is row `first` of the series; voids ascend.
void add_rows(Statistics& sum, const Rows& rows, std::uint64_t first, std::span<const Void> voids);
// Adds what is behind.
void add_statistics(Statistics& sum, const Statistics& more);

// The rows of an extent, into memory that has room for them at `into`.size. kCorrupt: they are
// not what was saved.
Status read_extent(const Extent& extent, const Piece& piece, Kind kind, Rows& into);

}  // namespace eventcodec::scan
