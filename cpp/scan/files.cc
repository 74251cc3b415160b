// files.cc - scans many event files on several threads.
#include "scan/files.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "base/parallel.h"

namespace eventcodec::scan {
namespace {

std::uint64_t bytes_to_read(const EventFile& file) {
  struct stat status{};
  if (::stat(file.path().c_str(), &status) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return size - std::min(size, file.bytes() - file.pending());
}

// Which files are read in which order: the largest first, so that no thread begins the longest job
// when the others are done.
struct Plan {
  std::vector<std::size_t> order;
  std::size_t split = 0;  // so many at the front are read by all threads together
};

Plan plan_for(std::span<EventFile* const> files, std::size_t threads) {
  Plan plan;
  plan.order.resize(files.size());
  std::iota(plan.order.begin(), plan.order.end(), std::size_t{0});
  if (threads == 1) return plan;
  std::vector<std::uint64_t> sizes;
  sizes.reserve(files.size());
  for (const EventFile* file : files) sizes.push_back(bytes_to_read(*file));
  std::stable_sort(plan.order.begin(), plan.order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  // A file that is more than one thread's share would keep that thread when the others are done.
  std::uint64_t left = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  while (plan.split != files.size() && sizes[plan.order[plan.split]] > left / threads) {
    left -= sizes[plan.order[plan.split++]];
  }
  return plan;
}

}  // namespace

std::vector<Status> scan_files(std::span<EventFile* const> files, const Options& options,
                               std::size_t threads) {
  std::vector<Status> results(files.size());
  const Plan plan = plan_for(files, threads);
  Buffer buffer;
  for (std::size_t i = 0; i != plan.split; ++i) {
    const std::size_t file = plan.order[i];
    results[file] = files[file]->scan(options, buffer, threads);
  }
  const std::size_t rest = files.size() - plan.split;
  std::atomic<std::size_t> next = plan.split;
  run_parallel(std::min(rest, threads), threads, [&](std::size_t) {
    Buffer scratch;
    for (std::size_t i = next++; i < files.size(); i = next++) {
      const std::size_t file = plan.order[i];
      results[file] = files[file]->scan(options, scratch);
    }
  });
  return results;
}

}  // namespace eventcodec::scan
