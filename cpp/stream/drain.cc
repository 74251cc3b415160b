// drain.cc - the consumer's half of EventStream: from chunks to whole records in a file.
#include <new>
#include <utility>

#include "record/format.h"
#include "stream/event_stream.h"

namespace eventcodec::stream {

using std::chrono::steady_clock;

namespace {

// Size of the record at `p`, which is one of ours: its length is what seal() wrote.
std::size_t record_bytes(FileKind kind, const std::uint8_t* p) {
  return load_le<std::uint64_t>(p) + overhead_bytes(kind);
}

std::uint32_t count_records(FileKind kind, ByteView records) {
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < records.size(); at += record_bytes(kind, records.data() + at)) {
    ++count;
  }
  return count;
}

}  // namespace

EventStream::Next EventStream::tend(steady_clock::time_point now) {
  const std::unique_lock lock(drain_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return Next::kTendAgain;
  if (head_ == nullptr) return Next::kLeaveAlone;  // closed
  if (failing() && now < next_attempt_) return Next::kTendAgain;
  const bool was_idle = (attention_.load(std::memory_order_relaxed) & kIdle) != 0;
  const std::uint64_t before = drained_bytes_.load(std::memory_order_relaxed);
  const bool failed = !drain().ok();
  release_scarce_descriptor();
  if (failed || drained_bytes_.load(std::memory_order_relaxed) != before) {
    if (was_idle) clear_attention(kIdle);
    last_news_ = now;
    return Next::kTendAgain;
  }
  if (dirty_ || now - last_news_ < kIdleAfter) return Next::kTendAgain;
  // Said now, believed at the next interval: see commit().
  if (was_idle) return Next::kLeaveAlone;
  set_idle();
  return Next::kTendAgain;
}

// Ten thousand writers share a few hundred descriptors.
void EventStream::release_scarce_descriptor() {
  if (open_descriptors() > kMaxDescriptors) file_.release_descriptor();
}

void EventStream::sync_if_due(steady_clock::time_point now) {
  const std::unique_lock lock(drain_mutex_, std::try_to_lock);
  if (!lock.owns_lock() || !dirty_ || now < next_sync_ || head_ == nullptr) return;
  (void)sync();
  release_scarce_descriptor();
}

Status EventStream::drain() {
  Status drained = without_bad_alloc([this] { return write_what_is_there(); });
  if (drained.ok()) return drained;
  return fail(std::move(drained.error()));
}

Status EventStream::write_what_is_there() {
  if (head_ == nullptr) return {};  // closed, or the parent's
  for (;;) {
    // `next` first: what is published after it was seen is everything this chunk will ever hold.
    Chunk* const next = head_->next();
    const Extent published = head_->published();
    if (settled_.bytes < published.bytes) {
      if (Status ready = prepare_file(); !ready.ok()) return ready;
      const ByteView unwritten(head_->data() + settled_.bytes, published.bytes - settled_.bytes);
      const std::size_t fits = bytes_that_fit(unwritten);
      if (fits == 0) {
        if (Status begun = begin_segment(); !begun.ok()) return begun;
        continue;
      }
      if (Status written = write_published(unwritten.first(fits)); !written.ok()) return written;
      const std::uint32_t records = fits == unwritten.size()
                                        ? published.records - settled_.records
                                        : count_records(plan_.kind, unwritten.first(fits));
      settle(fits, records);
      failing_ = false;
    } else if (next != nullptr) {
      advance_to_next_chunk(next);
    } else {
      return {};
    }
  }
}

// An open file that is ours alone: the one we have, or else a new segment.
Status EventStream::prepare_file() {
  if (!file_.exists()) return begin_segment();
  const Status checked = file_.check();
  if (checked.ok()) return {};
  leave_file();
  report(checked.error().message + "; a new one is begun");
  return begin_segment();
}

Status EventStream::begin_segment() {
  // A log directory that was deleted comes back, as a directory.
  if (Status made = make_directories(plan_.directory); !made.ok()) return made;
  // What the old segment holds goes to the device before it is out of sight.
  if (file_.exists() && dirty_) (void)sync();
  Result<EventFile> file = EventFile::create(plan_);
  if (!file.ok()) return std::move(file.error());
  file_ = std::move(file.value());
  note_new_segment();
  return {};
}

// Nothing more is written to the file. What it holds must still reach the device, or no later sync
// may say that everything did.
void EventStream::leave_file() {
  if (dirty_ && !sync_failure_.has_value()) {
    Status synced = without_bad_alloc([this] { return file_.sync_by_path(); });
    if (!synced.ok()) sync_failure_ = std::move(synced.error());
  }
  dirty_ = false;
  file_.forget();
}

// The leading whole records that the segment has room for; all of them when even one is too large
// for any segment. 0: begin a new one.
std::size_t EventStream::bytes_that_fit(ByteView records) const {
  if (records.size() + file_bytes_ <= options_.max_file_bytes) return records.size();
  const std::uint64_t room =
      options_.max_file_bytes > file_bytes_ ? options_.max_file_bytes - file_bytes_ : 0;
  std::size_t fits = 0;
  while (fits < records.size()) {
    const std::size_t record = record_bytes(plan_.kind, records.data() + fits);
    // A segment that holds nothing but its first records takes one record of any size.
    const bool fresh = fits == 0 && file_bytes_ == first_bytes_;
    if (fits + record > room && !fresh) break;
    fits += record;
  }
  return fits;
}

// Writes all of `unwritten`, or cuts the file back to whole records and says why.
Status EventStream::write_published(ByteView unwritten) {
  partial_bytes_ = 0;
  while (partial_bytes_ < unwritten.size()) {
    Result<std::size_t> written = file_.write(unwritten.subspan(partial_bytes_));
    if (!written.ok()) {
      if (!undo_partial_record().ok()) leave_file();  // torn for good: data goes elsewhere
      return std::move(written.error());
    }
    partial_bytes_ += written.value();
    writes_.fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

// The first `bytes` bytes that were not settled are in the file, and are `records` records.
void EventStream::settle(std::size_t bytes, std::uint32_t records) {
  settled_.bytes += static_cast<std::uint32_t>(bytes);
  settled_.records += records;
  file_bytes_ += bytes;
  if (!dirty_) next_sync_ = steady_clock::now() + kSyncInterval;
  dirty_ = true;
  written_.fetch_add(records, std::memory_order_relaxed);
  bytes_written_.fetch_add(bytes, std::memory_order_relaxed);
  drained_bytes_.fetch_add(bytes, std::memory_order_release);
  stalled_.store(false, std::memory_order_relaxed);
}

// After a write that stopped short: keeps the whole records that got through, and removes the part
// of the one that did not, so that the file never holds damage followed by data.
Status EventStream::undo_partial_record() {
  const ByteView written(head_->data() + settled_.bytes, partial_bytes_);
  std::size_t whole = 0;
  std::uint32_t records = 0;
  while (written.size() - whole >= record::kLengthBytes) {
    const std::size_t record = record_bytes(plan_.kind, written.data() + whole);
    if (record > written.size() - whole) break;
    whole += record;
    ++records;
  }
  const bool torn = whole != partial_bytes_;
  partial_bytes_ = 0;
  if (whole != 0) settle(whole, records);
  return torn ? file_.truncate(file_bytes_) : Status();
}

void EventStream::advance_to_next_chunk(Chunk* next) {
  Chunk::Owner done(head_);
  head_ = next;
  settled_ = {};
  recycle(std::move(done));
}

Status EventStream::sync() {
  if (sync_failure_.has_value())
    return without_bad_alloc([this] { return Status(*sync_failure_); });
  Status synced = without_bad_alloc([this] { return sync_file(); });
  if (synced.ok() || synced.error().code == Errc::kOutOfMemory) return synced;
  // Told, but not failing(): nothing waits to be written, and the next record may well be.
  report(synced.error().message);
  return synced;
}

Status EventStream::sync_file() {
  if (!file_.exists()) return {};  // it was left, and synced then
  if (Status checked = file_.check(); !checked.ok()) {
    leave_file();
    return checked;
  }
  Status synced = file_.sync();
  dirty_ = false;
  if (synced.ok()) return {};
  // The kernel forgets which pages it could not write after it has said so once, so a second sync
  // that succeeds would prove nothing: the failure stays, and later records go to a new segment.
  sync_failure_.emplace(Error{.code = Errc::kIo, .message = "sync failed"});
  sync_failure_->message = synced.error().message;
  file_.forget();
  return synced;
}

Error EventStream::fail(Error error) {
  next_attempt_ = steady_clock::now() + kRetryInterval;
  if (!failing_.exchange(true)) attention_.fetch_or(kNewFailure, std::memory_order_relaxed);
  report(error.message);
  return error;
}

// Tells the producer, when it is another message than the last.
void EventStream::report(std::string_view message) {
  const std::lock_guard lock(report_mutex_);
  if (last_error_ == message) return;
  try {
    last_error_ = message;
  } catch (const std::bad_alloc&) {
    last_error_ = "out of memory";  // needs none
  }
  attention_.fetch_or(kNewFailure, std::memory_order_relaxed);
}

}  // namespace eventcodec::stream
