// descriptor.h - a file opened for reading, closed when it goes out of scope.
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

#include "base/error.h"

namespace eventcodec::scan {

class Descriptor {
 public:
  // Opens a regular file. Anything else is an error: a named pipe would hang, a directory has no
  // bytes.
  static Result<Descriptor> open_file(const std::string& path);

  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), status_(other.status_) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  // As it was when the file was opened.
  [[nodiscard]] const struct stat& status() const { return status_; }

 private:
  explicit Descriptor(int fd) : fd_(fd) {}

  int fd_;
  struct stat status_{};
};

}  // namespace eventcodec::scan
