// event_stream.cc - the write side of one writer: its producer, its life and its forks. (Its
// consumer: drain.cc; calls that wait for their durability: secure.cc)
#include "stream/event_stream.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <thread>
#include <utility>

#include "stream/io_thread.h"
#include "stream/run_within.h"
#include "stream/spare_chunks.h"

namespace eventcodec::stream {

using std::chrono::steady_clock;

namespace {

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
    Chunk::Owner first = new_chunk(kChunkBytes);
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
    Chunk::Owner done(chunk);
    chunk = chunk->next();
    recycle(std::move(done));
  }
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
    if (Chunk::Owner spare = SpareChunks::take()) return spare;
  }
  return Chunk::create(std::max(capacity, kChunkBytes));
}

void EventStream::recycle(Chunk::Owner chunk) {
  if (chunk->capacity() == kChunkBytes) SpareChunks::keep(std::move(chunk));
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
    Chunk::Owner first = new_chunk(kChunkBytes);
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

}  // namespace eventcodec::stream
