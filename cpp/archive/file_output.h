// file_output.h - bytes gathered into large writes to a descriptor.  The caller opens, syncs and
// closes it.
#pragma once

#include "base/buffer.h"
#include "base/error.h"

namespace eventcodec::archive {

class FileOutput {
 public:
  explicit FileOutput(int fd) : fd_(fd) {}

  // Appends bytes. On an error some of them may be in the file.
  [[nodiscard]] Status append(ByteView bytes);
  // Appends the record of a payload.
  [[nodiscard]] Status append_record(ByteView payload);
  // Appends the record that readers expect at the beginning of a file.
  [[nodiscard]] Status append_version(double wall_time);
  [[nodiscard]] Status flush();

  // Bytes appended so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Status write_all(ByteView bytes);

  int fd_;
  Buffer pending_;
  std::uint64_t bytes_ = 0;
};

}  // namespace eventcodec::archive
