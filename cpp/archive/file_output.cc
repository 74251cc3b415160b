// file_output.cc - bytes gathered into large writes to a descriptor.
#include "archive/file_output.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "event/encode.h"
#include "record/frame.h"

namespace eventcodec::archive {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20;

Error out_of_memory() { return {.code = Errc::kOutOfMemory, .message = "records to be written"}; }

}  // namespace

Status FileOutput::append(ByteView bytes) {
  bytes_ += bytes.size();
  if (bytes.size() >= kWriteBytes) {  // no need to copy it first
    Status status = flush();
    return status.ok() ? write_all(bytes) : std::move(status);
  }
  if (!pending_.append(bytes)) return out_of_memory();
  return pending_.size() < kWriteBytes ? Status{} : flush();
}

Status FileOutput::append_record(ByteView payload) {
  const std::size_t before = pending_.size();
  if (!record::frame(payload, pending_)) return out_of_memory();
  bytes_ += pending_.size() - before;
  return pending_.size() < kWriteBytes ? Status{} : flush();
}

Status FileOutput::append_version(double wall_time) {
  std::array<std::uint8_t, event::kVersionBound> payload{};
  const std::uint8_t* end = event::put_version(payload.data(), wall_time);
  return append_record(ByteView(payload).first(static_cast<std::size_t>(end - payload.data())));
}

Status FileOutput::flush() {
  Status status = write_all(pending_.view());
  pending_.clear();
  return status;
}

Status FileOutput::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return io_error("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace eventcodec::archive
