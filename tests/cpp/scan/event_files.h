// event_files.h - event files of scalars, and a directory to put them in, for the tests of scans.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "check.h"
#include "event/format.h"
#include "record/frame.h"
#include "wire/write.h"

namespace event_files {

using eventcodec::Buffer;
using eventcodec::ByteView;
namespace event = eventcodec::event;
namespace wire = eventcodec::wire;

// A directory of its own, removed at the end.
class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "scan_test.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::string file(const std::string& name, const Buffer& content) const {
    const std::string path = path_ + "/" + name;
    append(path, content.view(), std::ios::trunc);
    return path;
  }
  static void append(const std::string& path, ByteView bytes,
                     std::ios::openmode mode = std::ios::app) {
    std::ofstream out(path, std::ios::binary | mode);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::string path_;
};

inline std::vector<std::uint8_t> scalar_value(const std::string& tag, float number) {
  std::vector<std::uint8_t> value(tag.size() + 32);
  std::uint8_t* p = wire::put_bytes_field(value.data(), event::kTag, eventcodec::as_bytes(tag));
  p = wire::put_float_field(p, event::kSimpleValue, number);
  value.resize(static_cast<std::size_t>(p - value.data()));
  return value;
}

// Appends an event with a scalar for each tag.
inline void add_scalars(Buffer& out, std::int64_t step, const std::vector<std::string>& tags,
                        float number) {
  std::vector<std::uint8_t> values;
  for (const std::string& tag : tags) {
    const std::vector<std::uint8_t> value = scalar_value(tag, number);
    std::vector<std::uint8_t> framed(value.size() + 16);
    std::uint8_t* end = wire::put_bytes_field(framed.data(), event::kValue, value);
    values.insert(values.end(), framed.data(), end);
  }
  std::vector<std::uint8_t> payload(values.size() + 64);
  std::uint8_t* p =
      wire::put_double_field(payload.data(), event::kWallTime, static_cast<double>(step) / 2);
  if (step != 0) p = wire::put_varint_field(p, event::kStep, static_cast<std::uint64_t>(step));
  p = wire::put_bytes_field(p, event::kSummary, values);
  CHECK(eventcodec::record::frame({payload.data(), static_cast<std::size_t>(p - payload.data())},
                                  out));
}

// Appends a SessionLog START.
inline void add_restart(Buffer& out, std::int64_t step) {
  std::vector<std::uint8_t> payload(64);
  std::uint8_t* p =
      wire::put_varint_field(payload.data(), event::kStep, static_cast<std::uint64_t>(step));
  std::vector<std::uint8_t> session(8);
  std::uint8_t* end =
      wire::put_varint_field(session.data(), event::kSessionStatus, event::kSessionStart);
  session.resize(static_cast<std::size_t>(end - session.data()));
  p = wire::put_bytes_field(p, event::kSessionLog, session);
  CHECK(eventcodec::record::frame({payload.data(), static_cast<std::size_t>(p - payload.data())},
                                  out));
}

}  // namespace event_files
