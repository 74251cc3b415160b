// descriptor.cc - a file opened for reading.
#include "scan/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace eventcodec::scan {

Result<Descriptor> Descriptor::open_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd_ < 0) return io_error("open", errno);
  if (::fstat(file.fd_, &file.status_) != 0) return io_error("fstat", errno);
  if (S_ISDIR(file.status_.st_mode)) return io_error("open", EISDIR);
  if (!S_ISREG(file.status_.st_mode)) return io_error("not a regular file", EINVAL);
  return file;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace eventcodec::scan
