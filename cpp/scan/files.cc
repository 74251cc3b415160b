// files.cc - scans many event files on several threads.
#include "scan/files.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>

namespace eventcodec::scan {
namespace {

std::uint64_t bytes_to_read(const EventFile& file) {
  struct stat status{};
  if (::stat(file.path().c_str(), &status) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return size - std::min(size, file.bytes() - file.pending());
}

// The largest first, so that no thread begins the longest job when the others are done.
std::vector<std::size_t> order_of(std::span<EventFile* const> files) {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(files.size());
  for (const EventFile* file : files) sizes.push_back(bytes_to_read(*file));
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  return order;
}

}  // namespace

std::vector<Status> scan_files(std::span<EventFile* const> files, const Options& options,
                               std::size_t threads) {
  std::vector<Status> results(files.size());
  const bool parallel = threads > 1 && files.size() > 1;
  const std::vector<std::size_t> order = parallel ? order_of(files) : std::vector<std::size_t>{};
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    Buffer buffer;
    for (std::size_t i = next++; i < files.size(); i = next++) {
      const std::size_t file = parallel ? order[i] : i;
      results[file] = files[file]->scan(options, buffer);
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t i = 1; parallel && i < std::min(threads, files.size()); ++i) {
    // A system that gives no more threads, or memory for them, only makes this slower.
    try {
      workers.emplace_back(work);
    } catch (const std::system_error&) {
      break;
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  work();
  for (std::thread& worker : workers) worker.join();
  return results;
}

}  // namespace eventcodec::scan
