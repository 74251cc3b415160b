// event_stream.cc - the write side of one writer.
#include "stream/event_stream.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <thread>
#include <utility>

#include "record/format.h"
#include "stream/io_thread.h"
#include "stream/run_within.h"

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

// The longest name that a file may have, with the slash before it and the zero after it.
constexpr std::size_t kFileNameBytes = 257;

Error no_memory_for_a_writer() {
  return {.code = Errc::kOutOfMemory, .message = "no memory for a writer"};
}

}  // namespace

Result<std::shared_ptr<EventStream>> EventStream::open(FilePlan plan, StreamOptions options) {
  return without_bad_alloc([&]() -> Result<std::shared_ptr<EventStream>> {
    IoThread& io_thread = IoThread::instance();
    std::shared_ptr<EventStream> stream(new EventStream(std::move(plan), options));
    Chunk::Owner first = Chunk::create(kChunkBytes);
    if (first == nullptr) return no_memory_for_a_writer();
    Result<EventFile> file = EventFile::create(stream->plan_);
    if (!file.ok()) return std::move(file.error());
    // Later files go on where this one ends; a purge there would hide what it holds, and its name
    // is taken.
    stream->plan_.purge_step.reset();
    stream->plan_.file_name.clear();

    // From here on nothing takes memory: the file stays.
    stream->adopt(std::move(file.value()), std::move(first));
    io_thread.add(stream);
    return stream;
  });
}

Result<std::shared_ptr<EventStream>> EventStream::muted() {
  return without_bad_alloc([]() -> Result<std::shared_ptr<EventStream>> {
    std::shared_ptr<EventStream> stream(new EventStream({}, {}));
    stream->attention_ = kMuted;
    return stream;
  });
}

EventStream::EventStream(FilePlan plan, StreamOptions options)
    : options_(options), plan_(std::move(plan)) {
  path_.reserve(plan_.directory.size() + kFileNameBytes);
}

EventStream::~EventStream() { free_chunks(); }

// Starts to write to a file that holds its first records and nothing else.
void EventStream::adopt(EventFile file, Chunk::Owner first) {
  file_ = std::move(file);
  note_new_segment();
  release_scarce_descriptor();
  head_ = first.get();
  make_tail(first.release(), {});
}

void EventStream::note_new_segment() {
  const auto now = steady_clock::now();
  first_bytes_ = file_bytes_ = file_.size();
  if (!dirty_) next_sync_ = now + kSyncInterval;
  dirty_ = true;
  last_news_ = now;
  segments_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(report_mutex_);
  path_ = file_.path();  // there is room for it
}

void EventStream::free_chunks() {
  for (Chunk* chunk = std::exchange(head_, nullptr); chunk != nullptr;) {
    Chunk::Owner owner(chunk);
    chunk = chunk->next();
  }
  Chunk::Owner spare(spare_.exchange(nullptr));
}

// ---- producer ----

void EventStream::make_tail(Chunk* chunk, Extent extent) {
  tail_ = chunk;
  extent_ = extent;
  cursor_ = chunk->data() + extent.bytes;
  room_ = chunk->capacity() - extent.bytes;
}

std::uint64_t EventStream::pending_bytes() const {
  return queued_bytes_ + extent_.bytes - drained_bytes_.load(std::memory_order_acquire);
}

Chunk::Owner EventStream::new_chunk(std::size_t capacity) {
  if (capacity <= kChunkBytes) {
    if (Chunk* spare = spare_.exchange(nullptr, std::memory_order_acquire)) {
      spare->reset();
      return Chunk::Owner(spare);
    }
  }
  return Chunk::create(std::max(capacity, kChunkBytes));
}

std::uint8_t* EventStream::reserve_chunk(std::size_t bytes) {
  if (tail_ == nullptr) return nullptr;  // closed, or forked and not reopened
  const std::uint64_t pending = pending_bytes();
  // A record larger than the limit is taken when nothing else waits.
  if (pending != 0 && pending + bytes > options_.max_pending_bytes) return nullptr;
  Chunk::Owner chunk = new_chunk(bytes);
  if (chunk == nullptr) return nullptr;
  queued_bytes_ += extent_.bytes;
  Chunk* const next = chunk.get();
  tail_->link(std::move(chunk));
  make_tail(next, {});
  return cursor_;
}

bool EventStream::splice(Chunk::Owner& chunk, Extent extent) {
  if (tail_ == nullptr) return false;
  const std::uint64_t pending = pending_bytes();
  if (pending != 0 && pending + extent.bytes > options_.max_pending_bytes) return false;
  queued_bytes_ += extent_.bytes;
  accepted_.store(accepted_.load(std::memory_order_relaxed) + extent.records,
                  std::memory_order_relaxed);
  Chunk* const next = chunk.get();
  next->publish(extent);
  tail_->link(std::move(chunk));
  make_tail(next, extent);
  since_wake_ += extent.bytes;
  if (since_wake_ >= kWakeBytes) wake_consumer();
  if ((attention_.load(std::memory_order_relaxed) & kIdle) != 0) activate();
  return true;
}

void EventStream::activate() {
  clear_attention(kIdle);
  IoThread::instance().activate(shared_from_this());
}

void EventStream::wake_consumer() {
  since_wake_ = 0;
  if (options_.durability == Durability::kBuffered) IoThread::instance().wake();
}

bool EventStream::wait_for_room(std::chrono::milliseconds timeout) {
  if (stalled_.load(std::memory_order_relaxed)) return false;
  const std::uint64_t before = drained_bytes_.load(std::memory_order_acquire);
  const auto deadline = steady_clock::now() + timeout;
  IoThread::instance().wake();
  while (steady_clock::now() < deadline) {
    if (drained_bytes_.load(std::memory_order_acquire) != before) return true;
    // A device that refuses to write will not make room: do not hold the caller up for it.
    if (failing()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stalled_.store(true, std::memory_order_relaxed);
  // The device may have answered in between, and then nobody else would take the word back.
  if (drained_bytes_.load(std::memory_order_acquire) == before) return false;
  stalled_.store(false, std::memory_order_relaxed);
  return true;
}

void EventStream::count_dropped(std::uint64_t records) {
  accepted_.store(accepted_.load(std::memory_order_relaxed) + records, std::memory_order_relaxed);
  dropped_.fetch_add(records, std::memory_order_relaxed);
  if (!failing()) report("records are dropped: the device is slower than what is logged");
}

void EventStream::stop() {
  attention_.fetch_or(kClosed, std::memory_order_relaxed);
  tail_ = nullptr;
  room_ = 0;
  cursor_ = nullptr;
}

// ---- fork ----

void EventStream::orphan() {
  // The child has one thread. Whoever held these locks or was inside drain() does not exist here,
  // so the locks are made anew. Nothing of the parent's is written, and its chunks are left as they
  // are: their list may have been in the middle of a change.
  new (&drain_mutex_) std::mutex();
  new (&report_mutex_) std::mutex();
  new (&secure_mutex_) std::mutex();
  new (&secured_) std::condition_variable();
  head_ = nullptr;
  spare_ = nullptr;
  tail_ = nullptr;
  room_ = 0;
  cursor_ = nullptr;
  attention_.fetch_or(kForked, std::memory_order_relaxed);
}

Status EventStream::reopen_after_fork() {
  const std::lock_guard lock(drain_mutex_);
  settled_ = {};
  partial_bytes_ = 0;
  queued_bytes_ = 0;
  since_wake_ = 0;
  drained_bytes_ = 0;
  accepted_ = 0;
  written_ = 0;
  dropped_ = 0;
  bytes_written_ = 0;
  segments_ = 0;
  dirty_ = false;
  failing_ = false;
  stalled_ = false;
  io_thread_is_elsewhere_ = false;
  secure_calls_answered_ = secure_calls_;
  sync_failure_.reset();
  last_error_.clear();

  return without_bad_alloc([&]() -> Status {
    Chunk::Owner first = Chunk::create(kChunkBytes);
    if (first == nullptr) return no_memory_for_a_writer();
    if (Status made = make_directories(plan_.directory); !made.ok()) return made;
    Result<EventFile> file = EventFile::create(plan_);
    if (!file.ok()) return std::move(file.error());
    adopt(std::move(file.value()), std::move(first));
    clear_attention(kForked);
    IoThread::instance().add(shared_from_this());
    return {};
  });
}

// ---- any thread ----

Status EventStream::flush(bool durable) {
  const std::lock_guard lock(drain_mutex_);
  if (head_ == nullptr) return {};  // closed
  Status status = drain();
  if (status.ok() && durable) status = sync();
  release_scarce_descriptor();
  return status;
}

Status EventStream::secure(std::chrono::milliseconds timeout) {
  if (stalled_.load(std::memory_order_relaxed)) {
    return io_error("the device does not answer", ETIMEDOUT);
  }
  const auto deadline = steady_clock::now() + timeout;
  if (!io_thread_is_elsewhere_.load(std::memory_order_relaxed)) {
    std::optional<Status> secured = secure_by_io_thread(deadline);
    if (secured.has_value()) return std::move(*secured);
    io_thread_is_elsewhere_.store(true, std::memory_order_relaxed);
  }
  return secure_by_thread_of_its_own(
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()));
}

// Nothing when the I/O thread is busy with another stream.
std::optional<Status> EventStream::secure_by_io_thread(steady_clock::time_point deadline) {
  std::unique_lock lock(secure_mutex_);
  const std::uint64_t call = ++secure_calls_;
  lock.unlock();
  if (!IoThread::instance().secure(shared_from_this())) {
    answer_secure();  // no thread to be had: better to wait than to lose data
  }
  lock.lock();
  const auto answered = [&] { return secure_calls_answered_ >= call; };
  if (!secured_.wait_for(lock, kElsewhereAfter, answered)) {
    if (drain_mutex_.try_lock()) {
      drain_mutex_.unlock();
      return std::nullopt;
    }
    if (!secured_.wait_until(lock, deadline, answered)) return give_up_waiting();
  }
  if (!secure_failure_.has_value()) return Status();
  return without_bad_alloc([this] { return Status(*secure_failure_); });
}

// It may hang like the I/O thread, which is why it is not the caller's.
Status EventStream::secure_by_thread_of_its_own(std::chrono::milliseconds timeout) {
  return without_bad_alloc([&]() -> Status {
    const auto secured = std::make_shared<std::optional<Status>>();
    const bool ended = run_within(timeout, [stream = shared_from_this(), secured] {
      Status flushed = stream->flush(stream->options_.durability == Durability::kSync);
      const std::lock_guard lock(stream->secure_mutex_);
      secured->emplace(std::move(flushed));
      stream->stalled_.store(false, std::memory_order_relaxed);
    });
    const std::lock_guard lock(secure_mutex_);
    if (!ended && !secured->has_value()) return give_up_waiting();
    return std::move(**secured);
  });
}

// With secure_mutex_ held, as whoever takes the word back.
Error EventStream::give_up_waiting() {
  stalled_.store(true, std::memory_order_relaxed);
  Error error = io_error("the device does not answer", ETIMEDOUT);
  report(error.message);
  return error;
}

void EventStream::answer_secure() {
  std::uint64_t call = 0;
  {
    const std::lock_guard lock(secure_mutex_);
    call = secure_calls_;
  }
  Status flushed = flush(options_.durability == Durability::kSync);
  const std::lock_guard lock(secure_mutex_);
  secure_failure_.reset();
  if (!flushed.ok()) secure_failure_.emplace(std::move(flushed.error()));
  secure_calls_answered_ = call;
  stalled_.store(false, std::memory_order_relaxed);
  io_thread_is_elsewhere_.store(false, std::memory_order_relaxed);
  secured_.notify_all();
}

Status EventStream::close(std::chrono::milliseconds timeout) {
  if ((attention_.load(std::memory_order_relaxed) & kForked) != 0) return {};  // the parent's
  Status closed = close_within(timeout);
  IoThread::instance().remove(this);
  return closed;
}

Status EventStream::close_within(std::chrono::milliseconds timeout) {
  std::shared_ptr<Status> closed;
  try {
    closed = std::make_shared<Status>();
    const bool answered = run_within(
        timeout, [stream = shared_from_this(), closed] { *closed = stream->write_and_close(); },
        [this] { return writes_.load(std::memory_order_relaxed); });
    if (!answered) return io_error("close: the device does not answer", ETIMEDOUT);
  } catch (const std::bad_alloc&) {
    return write_and_close();  // no memory for a deadline: better to wait than to lose data
  }
  return std::move(*closed);
}

Status EventStream::write_and_close() {
  const std::lock_guard lock(drain_mutex_);
  Status status = drain();
  dropped_.store(accepted_.load() - written_.load());
  file_ = EventFile();
  free_chunks();
  return status;
}

StreamStats EventStream::stats() const {
  StreamStats stats;
  // Read in this order, so that a record on its way never makes `pending` negative.
  stats.dropped = dropped_.load();
  stats.written = written_.load();
  stats.accepted = accepted_.load();
  stats.pending = stats.accepted - stats.written - stats.dropped;
  stats.bytes_written = bytes_written_.load();
  stats.segments = segments_.load();
  const std::lock_guard lock(report_mutex_);
  stats.path = path_;
  stats.last_error = last_error_;
  return stats;
}

// ---- consumer ----

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
  if (done->capacity() != kChunkBytes) return;
  Chunk::Owner replaced(spare_.exchange(done.release(), std::memory_order_acq_rel));
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
