// window.h - a moving window over a file, read with pread into memory that is reused.
// Never mmap: a file that is cut short under a mapping kills the process, and page faults cost
// more than the copy.
#pragma once

#include "base/buffer.h"
#include "base/error.h"

namespace eventcodec::scan {

class Window {
 public:
  // Starts empty at `offset` of a file of `file_bytes` bytes, and never reads beyond those: a file
  // that grows is read by the next scan. `buffer` is scratch memory; `fd` must outlive the window.
  Window(int fd, std::uint64_t offset, std::uint64_t file_bytes, Buffer& buffer)
      : fd_(fd), offset_(offset), file_bytes_(file_bytes), buffer_(buffer) {}

  // Reads on until the memory is full, the file ends, or bytes() reach a little beyond byte `limit`
  // of the file, behind which others read; but at least until they hold `wanted` bytes, if
  // can_hold(wanted).
  [[nodiscard]] Status fill(std::uint64_t wanted = 0, std::uint64_t limit = kNoLimit);
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

  // Whether the file has `bytes` bytes from offset() on. Memory is never claimed for bytes that
  // are not there.
  [[nodiscard]] bool can_hold(std::uint64_t bytes) const { return bytes <= file_bytes_ - offset_; }

  // From offset() to the end of the file.
  [[nodiscard]] std::uint64_t remaining() const { return file_bytes_ - offset_; }

  [[nodiscard]] ByteView bytes() const { return {data_ + begin_, end_ - begin_}; }
  void drop(std::size_t bytes) {
    begin_ += bytes;
    offset_ += bytes;
  }

  // Goes on at another place, with nothing read.
  void jump(std::uint64_t offset) {
    begin_ = end_ = 0;
    offset_ = offset;
  }

  // Of the first byte of bytes(), and of the byte after the last.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t end_offset() const { return offset_ + (end_ - begin_); }
  // For reads beside the window.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  // Whether bytes() reach to the end of the file.
  [[nodiscard]] bool at_end() const { return end_offset() == file_bytes_; }

 private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t file_bytes_;
  Buffer& buffer_;
  std::uint8_t* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace eventcodec::scan
