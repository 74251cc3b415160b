// temporary_directory.h - a directory that is removed, with the files in it, at the end of a test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "record/unframe.h"

namespace campaigns {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "eventcodec_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      paths.push_back(entry.path());
    }
    return paths;
  }

 private:
  std::string path_;
};

inline std::vector<std::uint8_t> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Calls f(payload) for every record of a file that must hold whole records and nothing else.
template <class F>
void for_each_record(const std::string& path, F&& f) {
  const std::vector<std::uint8_t> bytes = contents(path);
  eventcodec::ByteView window(bytes);
  CHECK(!window.empty());
  while (!window.empty()) {
    const auto unframed = eventcodec::record::unframe(window, eventcodec::record::Verify::kYes);
    CHECK(unframed.kind == eventcodec::record::Unframed::Kind::kRecord);
    if (unframed.kind != eventcodec::record::Unframed::Kind::kRecord) return;
    f(unframed.payload);
    window = window.subspan(static_cast<std::size_t>(unframed.bytes));
  }
}

}  // namespace campaigns
