// split.cc - scans one long file on several threads.  One of them, the front, reads from the
// beginning to the end; the others read parts of what is before it, each from the first record that
// it finds there by its header's checksum. That may be wrong: event files stand in payloads, too. A
// part counts only where the front comes exactly to its beginning, and goes on behind it; where it
// does not, the front reads those bytes itself: so the result is always that of one scan from front
// to back.
#include <algorithm>
#include <deque>

#include "record/format.h"
#include "record/resync.h"
#include "scan/file.h"
#include "scan/readers.h"

namespace eventcodec::scan {
namespace {

// A thread that looks for its first record waits for no longer record than this.
constexpr std::uint64_t kMostAwaited = std::uint64_t{32} << 20;

// Taking over a part costs something for each series: it has to have the least part for so many of
// them, 1 KiB for each. With more series than kMostSeries parts would take too much memory: the
// front reads alone.
constexpr std::uint64_t kSeriesPerPart = 1024;
constexpr std::uint64_t kMostSeries = std::uint64_t{1} << 17;

// A part may grow to so many times what it was meant to be, for a front that is slow. A front that
// begins is: the kernel clears the memory of its columns. So the first part begins earlier by this
// divisor; later than the columns get their memory, though: that would happen in adopt().
constexpr std::uint64_t kMostGrowth = 4;
constexpr std::uint64_t kShareOfBeginner = 2;

// After so many bytes a reader looks whether its part is to end. The front says so a little before
// it comes there, because the reader is in the midst of a step.
constexpr std::uint64_t kStep = std::uint64_t{128} << 10;
constexpr std::uint64_t kNotice = kStep / 2;

// Moves the window to the first believable record that starts before `limit`. False: there is none,
// or the file cannot be read.
bool find_start(Window& window, std::uint64_t limit) {
  std::uint64_t wanted = 0;
  std::uint64_t budget = record::kCrcBudgetPerByte * (limit - window.offset());
  std::size_t from = 0;
  while (window.offset() < limit) {
    if (!window.fill(wanted, window.offset() + kStep).ok()) return false;
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

// What one thread reads ahead of the front, from a record on that it has guessed. It serves many
// stretches, and knows from one to the next what it has learned of the tags.
struct EventFile::Part {
  explicit Part(const std::shared_ptr<const Selection>& selection)
      : file(std::string{}, selection) {}

  EventFile file;
  Buffer buffer;
  std::uint64_t place = 0;  // the first record is looked for from here on,
  std::uint64_t size = 0;   // in so many bytes
  std::uint64_t begin = 0;  // of that record
  bool whole = false;       // read without a flaw
};

// The threads of one scan, and what is ahead of the front.
class EventFile::Ahead {
 public:
  Ahead(const EventFile& front, int fd, const Options& options, std::size_t threads);

  // Gives all who are idle something to read. False: nothing is ahead, nor worth it.
  bool assign();
  // The part that the front comes to next, and what may be done with it; see Readers.
  [[nodiscard]] Part& next() { return parts_[ahead_.front()]; }
  void cut() { readers_.cut(ahead_.front()); }
  void await() { readers_.await(ahead_.front()); }
  // The front has come to it. Of a part that was adopted the rows are still to be handed over.
  void pass(bool adopted);

 private:
  void read_part(std::size_t number);

  const EventFile& front_;
  const int fd_;
  const std::uint64_t end_;
  const Options& options_;
  std::deque<Part> parts_;
  std::deque<std::size_t> idle_;
  std::deque<std::size_t> ahead_;  // in the order of the file
  Readers readers_;                // the last: they end before what they work on
};

EventFile::Ahead::Ahead(const EventFile& front, int fd, const Options& options, std::size_t threads)
    : front_(front),
      fd_(fd),
      end_(front.identity_->bytes),
      options_(options),
      readers_(threads - 1, kStep,
               {.read = [this](std::size_t number) { read_part(number); },
                .hand_over =
                    [this](std::size_t number) { parts_[number].file.collector_.hand_over(); }}) {
  for (std::size_t i = 0; i != readers_.size(); ++i) {
    parts_.emplace_back(front.selection_);
    idle_.push_back(i);
  }
}

bool EventFile::Ahead::assign() {
  const std::uint64_t at = front_.committed_;
  const std::uint64_t left = end_ - std::min(at, end_);
  const std::uint64_t series = front_.collector_.series().size();
  const std::uint64_t least =
      std::max(options_.least_part, options_.least_part / kSeriesPerPart * series);
  // The last parts are such that all end at the same time.
  const std::uint64_t size = std::clamp(left / (readers_.size() + 1), least, 2 * least);
  while (!idle_.empty() && series <= kMostSeries) {
    const std::size_t number = idle_.front();
    std::uint64_t place = ahead_.empty() ? at : readers_.end_of(ahead_.back());
    // The bytes between are for the front.
    if (ahead_.empty() || number == 0) place += series == 0 ? size / kShareOfBeginner : size;
    if (place >= end_ || end_ - place < least) break;
    parts_[number].place = place;
    parts_[number].size = size;
    readers_.assign(number, place + size, place + kMostGrowth * size);
    ahead_.push_back(number);
    idle_.pop_front();
  }
  return !ahead_.empty();
}

void EventFile::Ahead::pass(bool adopted) {
  const std::size_t number = ahead_.front();
  ahead_.pop_front();
  idle_.push_back(number);
  if (adopted) {
    readers_.hand_over(number);
  } else {
    parts_[number].file.collector_ = Collector(front_.selection_);
  }
}

// On the thread of a reader. Whatever a part lacks is read by the front, and then so is what a part
// would do with more memory.
void EventFile::Ahead::read_part(std::size_t number) {
  Part& part = parts_[number];
  EventFile& file = part.file;
  part.whole = false;
  const Status status = without_bad_alloc([&]() -> Status {
    Window window(fd_, part.place, end_, part.buffer);
    if (!find_start(window, part.place + part.size)) return {};
    part.begin = window.offset();
    file.identity_ = front_.identity_;
    file.records_ = 0;
    file.committed_ = part.begin;
    file.collector_.limit_tags(front_.collector_.most_tags());
    file.begin_ = part.begin;
    file.end_ = part.place + kMostGrowth * part.size;
    Options strict = options_;
    strict.mode = Mode::kStrict;  // whatever is damaged is left to the front
    SearchBudget budget(0);
    Result<bool> more = true;
    while (more.ok() && more.value()) {
      const std::uint64_t limit = readers_.go_on(number, file.committed_);
      if (limit <= file.committed_) break;
      more = file.take_until(window, budget, strict, limit);
    }
    part.whole = more.ok();
    return {};
  });
  if (!status.ok()) part.whole = false;
  if (!options_.keep_rows) file.collector_.drop_rows();
}

// Reads up to the end of the file, which is the front's work.
Status EventFile::take_split(Window& window, SearchBudget& budget, const Options& options,
                             std::size_t threads) {
  const std::uint64_t parts = window.remaining() / options.least_part;
  Ahead ahead(*this, window.fd(), options, std::clamp<std::uint64_t>(parts, 1, threads));
  Result<bool> go_on = true;
  const auto take_to = [&](std::uint64_t limit) {
    if (go_on.ok() && go_on.value()) go_on = take_until(window, budget, options, limit);
    return go_on.ok() && go_on.value();
  };
  while (ahead.assign()) {
    Part& part = ahead.next();
    if (!take_to(part.place - std::min(kNotice, part.place))) break;
    ahead.cut();
    if (!take_to(part.place)) break;
    ahead.await();
    ahead.pass(adopt(part, window));
  }
  take_to(Window::kNoLimit);
  return go_on.ok() ? Status{} : Status{go_on.error()};
}

// False: the part does not follow what was read, or had to be read by one who knows what is before.
bool EventFile::adopt(Part& part, Window& window) {
  if (!part.whole || part.begin != committed_ || !collector_.adopt(part.file.collector_)) {
    return false;
  }
  records_ += part.file.records_;
  committed_ = part.file.committed_;
  window.jump(committed_);
  note_progress();
  return true;
}

}  // namespace eventcodec::scan
