// split.cc - scans one long file on several threads.  The bytes are divided; each thread begins at
// the first record that it finds in its part by its header's checksum. That may be wrong: event
// files stand in payloads, too. A part counts only where the scan of what is before it ends exactly
// at its beginning, and is scanned once more where it does not: so the result is always that of one
// scan from front to back.
#include <algorithm>

#include "base/parallel.h"
#include "record/format.h"
#include "record/resync.h"
#include "scan/file.h"

namespace eventcodec::scan {
namespace {

// A thread that looks for its first record waits for no longer record than this.
constexpr std::uint64_t kMostAwaited = std::uint64_t{32} << 20;

// Putting a stretch together costs something for each series: it has to have the least part of a
// thread for so many of them, 1 KiB for each. With more series than kMostSeries stretches would
// take too much memory: one thread reads.
constexpr std::uint64_t kSeriesPerPart = 4096;
constexpr std::uint64_t kMostSeries = std::uint64_t{1} << 17;

// Moves the window to the first believable record that starts before `limit`. False: there is none,
// or the file cannot be read.
bool find_start(Window& window, std::uint64_t limit) {
  std::uint64_t wanted = 0;
  std::uint64_t budget = record::kCrcBudgetPerByte * (limit - window.offset());
  std::size_t from = 0;
  while (window.offset() < limit) {
    if (!window.fill(wanted).ok()) return false;
    const auto last = window.at_end() ? record::Last::kYes : record::Last::kNo;
    const record::Found found = record::find_record(window.bytes(), from, last, &budget);
    window.drop(std::min(found.offset, window.bytes().size()));
    if (found.kind == record::Found::Kind::kRecord) return window.offset() < limit;
    if (last == record::Last::kYes) return false;
    from = 0;
    wanted = 0;
    if (window.bytes().size() < record::kHeaderBytes) continue;
    // A right header whose record does not end in the window: look further, but not far.
    const auto length = load_le<std::uint64_t>(window.bytes().data());
    wanted = length + record::kOverheadBytes + record::kHeaderBytes;
    if (length > kMostAwaited || !window.can_hold(wanted)) {
      from = 1;
      wanted = 0;
    }
  }
  return false;
}

}  // namespace

// What one thread has read of a stretch, from a record on that it has guessed. It serves many
// stretches, and knows from one to the next what it has learned of the tags.
struct EventFile::Part {
  explicit Part(const std::shared_ptr<const Selection>& selection)
      : file(std::string{}, selection) {}

  EventFile file;
  Buffer buffer;
  std::uint64_t begin = 0;
  bool whole = false;  // read without a flaw
};

void EventFile::scan_part(Part& part, int fd, std::uint64_t begin, std::uint64_t limit,
                          const Options& options) const {
  part.whole = false;
  Window window(fd, begin, identity_->bytes, part.buffer);
  if (!find_start(window, limit)) return;
  part.begin = window.offset();
  part.file.identity_ = identity_;
  part.file.records_ = 0;
  part.file.committed_ = part.begin;
  part.file.collector_.limit_tags(collector_.most_tags());
  part.file.begin_ = part.begin;
  part.file.end_ = limit;
  Options strict = options;
  strict.mode = Mode::kStrict;  // whatever is damaged is left to the scan from front to back
  SearchBudget budget(0);
  part.whole = part.file.take_until(window, budget, strict, limit).ok();
  if (!options.keep_rows) part.file.collector_.drop_rows();
}

// Reads up to the end of the file, a stretch on each of the threads at a time.
Status EventFile::take_split(Window& window, SearchBudget& budget, const Options& options,
                             std::size_t threads) {
  std::vector<Part> parts;
  parts.reserve(threads);
  for (std::size_t i = 0; i != threads; ++i) parts.emplace_back(selection_);
  while (true) {
    const std::uint64_t left = window.file_bytes() - std::min(committed_, window.file_bytes());
    // Rounds of equal stretches, so that the last one keeps all threads busy, too; not longer, so
    // that rows which wait to be put together are still in a cache then.
    const std::uint64_t series = collector_.series().size();
    const std::uint64_t least_part =
        std::max(options.least_part, options.least_part / kSeriesPerPart * series);
    const std::uint64_t rounds = left / threads / (2 * least_part) + 1;
    const std::uint64_t stretch = std::max(left / threads / rounds, least_part);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(threads, left / stretch));
    if (count < 2 || series > kMostSeries) {
      const Result<bool> end = take_until(window, budget, options, kNoLimit);
      return end.ok() ? Status{} : Status{end.error()};
    }
    const std::uint64_t first = committed_;
    const auto limit_of = [&](std::size_t i) { return first + (i + 1) * stretch; };
    Result<bool> go_on = true;
    run_parallel(count, threads, [&](std::size_t i) {
      // Whatever a part lacks is read by the caller's thread, and then so is what a part would do
      // with more memory.
      const Status status = without_bad_alloc([&]() -> Status {
        if (i == 0) {
          go_on = take_until(window, budget, options, limit_of(0));
        } else {
          scan_part(parts[i], window.fd(), limit_of(i - 1), limit_of(i), options);
        }
        return {};
      });
      if (!status.ok() && i == 0) go_on = status.error();
      if (!status.ok()) parts[i].whole = false;
    });
    for (std::size_t i = 1; i != count && go_on.ok() && go_on.value(); ++i) {
      if (!adopt(parts[i], window, threads)) {
        parts[i].file.collector_ = Collector(selection_);
        go_on = take_until(window, budget, options, limit_of(i));
      }
    }
    if (!go_on.ok()) return go_on.error();
    if (!go_on.value()) return {};
  }
}

// False: the part does not follow what was read, or had to be read by one who knows what is before.
bool EventFile::adopt(Part& part, Window& window, std::size_t threads) {
  if (!part.whole || part.begin != committed_ || !collector_.adopt(part.file.collector_, threads)) {
    return false;
  }
  part.file.collector_.drop_adopted();
  records_ += part.file.records_;
  committed_ = part.file.committed_;
  window.jump(committed_);
  note_progress();
  return true;
}

}  // namespace eventcodec::scan
