// saved.cc - pieces of columns in the segments of an index.
#include "scan/saved.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "crc32c/crc32c.h"

namespace eventcodec::scan {
namespace {

// Segments that are open at the same time; a process may open 1024 files, and has others.
constexpr int kMostOpen = 64;
std::atomic<int> open_segments{0};

int open_for_reading(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

template <class T>
std::span<std::uint8_t> bytes_of(T* column, std::uint64_t rows) {
  return {reinterpret_cast<std::uint8_t*>(column), static_cast<std::size_t>(rows * sizeof(T))};
}

Status read_all(int fd, std::uint64_t offset, std::array<iovec, 3> parts) {
  std::size_t at = 0;
  while (at != parts.size()) {
    if (parts[at].iov_len == 0) {
      ++at;
      continue;
    }
    const ssize_t got =
        ::preadv(fd, &parts[at], static_cast<int>(parts.size() - at), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) return Error{.code = Errc::kTruncated, .message = "saved columns end early"};
    auto left = static_cast<std::size_t>(got);
    offset += left;
    for (; left != 0 && at != parts.size(); at += parts[at].iov_len == 0) {
      const std::size_t taken = std::min(left, parts[at].iov_len);
      parts[at].iov_base = static_cast<std::uint8_t*>(parts[at].iov_base) + taken;
      parts[at].iov_len -= taken;
      left -= taken;
    }
  }
  return {};
}

}  // namespace

Segment::Segment(std::string path) : path_(std::move(path)) {
  fd_ = open_for_reading(path_);
  struct stat status{};
  if (fd_ >= 0 && ::fstat(fd_, &status) == 0) bytes_ = static_cast<std::uint64_t>(status.st_size);
  if (fd_ >= 0 && ++open_segments > kMostOpen) {
    --open_segments;
    ::close(fd_);
    fd_ = -1;
  }
}

Segment::~Segment() {
  if (fd_ < 0) return;
  ::close(fd_);
  --open_segments;
}

Status Segment::read(std::uint64_t offset, std::span<std::uint8_t> first,
                     std::span<std::uint8_t> second, std::span<std::uint8_t> third) const {
  const int fd = fd_ >= 0 ? fd_ : open_for_reading(path_);
  if (fd < 0) return io_error("open", errno);
  Status status = read_all(fd, offset,
                           {iovec{first.data(), first.size()}, iovec{second.data(), second.size()},
                            iovec{third.data(), third.size()}});
  if (fd_ < 0) ::close(fd);
  return status;
}

Status PieceWriter::append(const Rows& rows, Kind kind, std::uint32_t* crc) {
  const bool scalars = kind == Kind::kScalars;
  const std::array<ByteView, 3> columns = {
      bytes_of(rows.steps, rows.size), bytes_of(rows.wall_times, rows.size),
      scalars ? bytes_of(rows.values, rows.size) : bytes_of(rows.references, rows.size)};
  *crc = 0;
  for (const ByteView column : columns) {
    *crc = crc32c::extend(*crc, column);
    if (Status status = append(column); !status.ok()) return status;
  }
  return {};
}

Status PieceWriter::append(ByteView bytes) {
  constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
  if (!pending_.append(bytes)) {
    return Error{.code = Errc::kOutOfMemory, .message = "columns to be saved"};
  }
  return pending_.size() < kWriteBytes ? Status{} : flush();
}

void PieceWriter::begin_sum() {
  sum_ = 0;
  summed_to_ = pending_.size();
}

std::uint32_t PieceWriter::sum() const {
  return crc32c::extend(sum_, pending_.view().subspan(summed_to_));
}

Status PieceWriter::flush() {
  sum_ = sum();
  summed_to_ = 0;
  ByteView bytes = pending_.view();
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return status_ = io_error("write", errno);
    written_ += static_cast<std::uint64_t>(wrote);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  pending_.clear();
  return {};
}

void add_rows(Statistics& sum, const Rows& rows, std::uint64_t first, std::span<const Void> voids) {
  VoidWalk walk(voids);
  for (std::uint64_t i = 0; i != rows.size; ++i) {
    const std::int64_t step = rows.steps[i];
    if (walk.is_void(first + i, step)) continue;
    if (sum.count++ == 0) {
      sum.first_step = sum.most_step = step;
      sum.first_wall_time = rows.wall_times[i];
    }
    sum.last_step = step;
    sum.most_step = std::max(sum.most_step, step);
    sum.last_wall_time = rows.wall_times[i];
    if (rows.values == nullptr) continue;
    const double value = rows.values[i];
    sum.last = value;
    sum.nans += value != value;
    sum.least = value < sum.least ? value : sum.least;
    sum.greatest = value > sum.greatest ? value : sum.greatest;
  }
}

void add_statistics(Statistics& sum, const Statistics& more) {
  if (more.count == 0) return;
  if (sum.count == 0) {
    sum = more;
    return;
  }
  sum.count += more.count;
  sum.last_step = more.last_step;
  sum.most_step = std::max(sum.most_step, more.most_step);
  sum.last_wall_time = more.last_wall_time;
  sum.last = more.last;
  sum.nans += more.nans;
  sum.least = std::min(sum.least, more.least);
  sum.greatest = std::max(sum.greatest, more.greatest);
}

Status read_extent(const Extent& extent, const Piece& piece, Kind kind, Rows& into) {
  const std::uint64_t rows = extent.statistics.count;
  const auto steps = bytes_of(into.steps + into.size, rows);
  const auto wall_times = bytes_of(into.wall_times + into.size, rows);
  const auto third = kind == Kind::kScalars ? bytes_of(into.values + into.size, rows)
                                            : bytes_of(into.references + into.size, rows);
  if (piece.segment == nullptr) {
    return Error{.code = Errc::kCorrupt, .message = "saved columns have no segment"};
  }
  Status status = piece.segment->read(piece.offset + extent.offset, steps, wall_times, third);
  if (!status.ok()) return status;
  const std::uint32_t crc =
      crc32c::extend(crc32c::extend(crc32c::extend(0, steps), wall_times), third);
  if (crc != extent.crc) {
    return Error{.code = Errc::kCorrupt,
                 .message = "saved columns are damaged",
                 .offset = piece.offset + extent.offset,
                 .got = crc,
                 .want = extent.crc};
  }
  into.size += rows;
  return {};
}

}  // namespace eventcodec::scan
