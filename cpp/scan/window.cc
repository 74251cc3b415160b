// window.cc - a moving window over a file.
#include "scan/window.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "scan/predict.h"

namespace eventcodec::scan {
namespace {

// Large enough that the system call costs nothing, small enough to stay in the second-level cache.
constexpr std::size_t kWindowBytes = std::size_t{512} << 10;

// Holds the rest of most records that begin before a limit.
constexpr std::uint64_t kBeyondLimit = 256;

}  // namespace

Status Window::fill(std::uint64_t wanted, std::uint64_t limit) {
  const std::size_t rest = end_ - begin_;
  // Beyond the usual size, memory follows the bytes that are there, in steps of a half.
  const auto capacity = std::max(kWindowBytes, static_cast<std::size_t>(wanted + wanted / 2));
  if (begin_ != 0 && rest != 0) std::memmove(data_, data_ + begin_, rest);
  begin_ = 0;
  end_ = rest;
  buffer_.clear();
  buffer_.commit(rest);  // so that these bytes survive when reserve() moves them
  std::uint8_t* tail = buffer_.reserve(capacity - std::min(capacity, rest) + kReadSlack);
  if (tail == nullptr) return Error{.code = Errc::kOutOfMemory, .message = "window of a scan"};
  data_ = buffer_.data();
  const std::uint64_t before_limit = limit - std::min(limit, offset_);
  const std::uint64_t enough =
      before_limit < capacity
          ? std::clamp<std::uint64_t>(before_limit + kBeyondLimit, wanted, capacity)
          : capacity;
  while (end_ < enough && !at_end()) {
    const std::size_t room = static_cast<std::size_t>(
        std::min<std::uint64_t>(enough - end_, file_bytes_ - end_offset()));
    const ssize_t got = ::pread(fd_, data_ + end_, room, static_cast<off_t>(end_offset()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) file_bytes_ = end_offset();  // cut short since we asked for its size
    end_ += static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace eventcodec::scan
