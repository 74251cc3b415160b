// event_file.h - what the parts of the class EventFile share: the file behind its mutex, and what
// is looked up in it. register_scan.cc puts the class together.
#pragma once

#include "bindings/pybind.h"
// Python first
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/gil.h"
#include "bindings/selection.h"
#include "scan/file.h"

namespace eventcodec::bindings {

// A scan::EventFile that Python threads may share: whoever scans or looks holds the mutex. A scan
// that holds it may wait for the GIL, to ask which tags are wanted; so nobody who has the GIL waits
// for the mutex.
struct SharedFile {
  explicit SharedFile(const std::string& path, std::shared_ptr<AskingSelection> asking = nullptr)
      : file(path, asking == nullptr ? nullptr : asking->core()), selection(std::move(asking)) {}

  // f(file) under the mutex. The result is plain data.
  template <class F>
  auto look(F&& f) {
    const std::unique_lock held = lock();
    return f(static_cast<const scan::EventFile&>(file));
  }
  template <class F>
  auto change(F&& f) {
    const std::unique_lock held = lock();
    return f(file);
  }

  std::unique_lock<std::mutex> lock() {
    std::unique_lock held(mutex, std::try_to_lock);
    if (held) return held;
    if (PyGILState_Check() != 0) {
      without_gil([&] { held.lock(); });
    } else {
      held.lock();
    }
    return held;
  }

  scan::EventFile file;
  std::shared_ptr<AskingSelection> selection;
  std::mutex mutex;
  // As many as it was scanned with may read its values.
  std::atomic<std::size_t> threads = 1;
};

// Holds the mutexes of many files, each once and in one order, so that two who want the same files
// never wait for each other.
std::vector<std::unique_lock<std::mutex>> lock_all(std::vector<SharedFile*> files);

using EventFileClass = py::class_<SharedFile>;

// More than any file has: the default of those who can be asked for some series at a time.
inline constexpr std::size_t kAllSeries = ~std::size_t{0};

// Text of a file. Tags should be UTF-8, but old files promise nothing: other bytes become \xNN.
py::str to_text(std::string_view bytes);

// How many bytes of a series would have to be read from pieces; IndexError for one that is not.
std::uint64_t bytes_elsewhere(SharedFile& self, std::size_t id);

// f(file) under the mutex, without the GIL if there is much to read.
template <class F>
auto read_pieces(SharedFile& self, std::size_t id, F&& f) {
  const bool much = bytes_elsewhere(self, id) > kWorthReleasing;
  return unwrap(much ? without_gil([&] { return self.change(f); }) : self.change(f),
                self.file.path());
}

// Columns that live on when the file goes away or its series grow.
scan::Loaded rows_of(SharedFile& self, std::size_t id);

// event_file_rows.cc: columns.
void define_rows(EventFileClass& type);
// event_file_values.cc: the values that rows point at.
void define_values(EventFileClass& type);
// event_file_saved.cc: what an index keeps of a file, and back.
void define_saved(py::module_& module, EventFileClass& type);

}  // namespace eventcodec::bindings
