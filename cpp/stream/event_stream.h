// event_stream.h - the write side of one writer: records go in at the call, and reach the file
// from the I/O thread.
//
// Two sides that share no lock (see chunk.h):
//   producer  reserve, commit, splice, wait_for_room. One thread at a time: Python's GIL is that
//             exclusion, other callers bring their own.
//   consumer  drain, from the I/O thread or from any thread that flushes, under `drain_mutex_`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "stream/chunk.h"
#include "stream/event_file.h"

namespace eventcodec::stream {

// What a returned call promises; see the table in the README.
enum class Durability : std::uint8_t {
  kBuffered,  // in the kernel within kDrainInterval or kWakeBytes, whichever is first
  kProcess,   // in the kernel
  kSync,      // on the device
};

struct StreamOptions {
  Durability durability = Durability::kBuffered;
  std::size_t max_pending_bytes = std::size_t{64} << 20;
  std::uint64_t max_file_bytes = UINT64_MAX;  // a new segment begins before the file exceeds this
};

struct StreamStats {
  std::uint64_t accepted = 0;  // records; accepted = written + pending + dropped at any moment
  std::uint64_t written = 0;
  std::uint64_t pending = 0;
  std::uint64_t dropped = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t segments = 0;  // files begun
  std::string path;            // of the newest
  std::string last_error;      // "" while there was none
};

class EventStream;

// The I/O thread's lists run through the streams themselves: putting a stream on one takes no
// memory. Under IoThread's lock, but for next_tended and is_tended, which are the thread's own.
struct IoLinks {
  std::shared_ptr<EventStream> self;  // while the stream is open
  EventStream* previous_open = nullptr;
  EventStream* next_open = nullptr;
  std::shared_ptr<EventStream> next_woken;
  std::shared_ptr<EventStream> next_urgent;
  std::shared_ptr<EventStream> next_tended;
  bool is_woken = false;
  bool is_urgent = false;
  bool is_tended = false;
};

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  // Longest wait of the I/O thread between two looks at a stream.
  static constexpr std::chrono::milliseconds kDrainInterval{20};
  // The I/O thread is woken before that when this much has gathered.
  static constexpr std::size_t kWakeBytes = 64 * 1024;
  static constexpr std::size_t kChunkBytes = Chunk::kStandardCapacity;
  // Data that the kernel has is on the device after this.
  static constexpr std::chrono::seconds kSyncInterval{5};
  // A failed write is tried again after this.
  static constexpr std::chrono::milliseconds kRetryInterval{250};
  // A stream without news for this long is left alone until its next record.
  static constexpr std::chrono::milliseconds kIdleAfter{1000};
  // Above this many open event files, descriptors are given back after every use.
  static constexpr int kMaxDescriptors = 256;
  // When secure() has not been answered for this long, it looks whether the I/O thread is stuck on
  // another device.
  static constexpr std::chrono::milliseconds kElsewhereAfter{50};
  // How long a call waits for a device that does not answer: for room, or for its durability.
  static constexpr std::chrono::milliseconds kCallTimeout{900};

  // Why the fast path must stop and look; see attention().
  enum Attention : std::uint32_t {
    kForked = 1,      // this process is a fork of the one that made the stream
    kClosed = 2,      //
    kNewFailure = 4,  // a write failed and nobody has been told
    kIdle = 8,        // the I/O thread does not look at the stream; commit() sees to it
    kMuted = 16,      // nothing is to be logged, and there is no file
  };

  // Creates the file, with its version record on disk, and hands the stream to the I/O thread.
  static Result<std::shared_ptr<EventStream>> open(FilePlan plan, StreamOptions options);
  // A stream that takes no records: only attention() and stop() are for it.
  static Result<std::shared_ptr<EventStream>> muted();
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // ---- producer ----

  // Zero, or the Attention bits that a call must deal with before it logs.
  [[nodiscard]] std::uint32_t attention() const {
    return attention_.load(std::memory_order_relaxed) & ~static_cast<std::uint32_t>(kIdle);
  }
  void clear_attention(Attention bit) {
    attention_.fetch_and(~static_cast<std::uint32_t>(bit), std::memory_order_relaxed);
  }

  // Room for one record of up to `bytes`, or nullptr when max_pending_bytes are waiting (then
  // wait_for_room) or memory is exhausted. What was reserved and not committed is forgotten.
  [[nodiscard]] std::uint8_t* reserve(std::size_t bytes) {
    return bytes <= room_ ? cursor_ : reserve_chunk(bytes);
  }

  // The record that ends at `end` and began at reserve()'s result is complete.
  void commit(const std::uint8_t* end) {
    const auto bytes = static_cast<std::size_t>(end - cursor_);
    cursor_ += bytes;
    room_ -= bytes;
    extent_.bytes += static_cast<std::uint32_t>(bytes);
    extent_.records += 1;
    accepted_.store(accepted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    tail_->publish(extent_);
    since_wake_ += bytes;
    if (since_wake_ >= kWakeBytes) wake_consumer();
    // After publish(): either this sees that the I/O thread has stopped looking, or the I/O thread,
    // which looks once more an interval after it said so, sees the record.
    if ((attention_.load(std::memory_order_relaxed) & kIdle) != 0) activate();
  }

  // Appends a chunk of `extent` that the caller filled. False: no room; the chunk is untouched.
  [[nodiscard]] bool splice(Chunk::Owner& chunk, Extent extent);

  // Waits until something was written, or the timeout. A device that let one call wait for nothing
  // holds up no other until it answers. Not with the GIL.
  bool wait_for_room(std::chrono::milliseconds timeout);
  // `records` calls were accepted and could not be kept.
  void count_dropped(std::uint64_t records);
  // No more records. The producer's half of close().
  void stop();

  // After a fork, in the child: forgets the parent's records and opens a file of its own.
  Status reopen_after_fork();

  // ---- any thread ----

  // Everything committed before the call is in the kernel when it returns (with `durable`, on the
  // device). The error of a write or sync that failed, and then nothing is lost yet: the I/O thread
  // tries again.
  Status flush(bool durable);
  // Everything committed before the call is as safe as the durability says when it returns, as
  // after flush(), but the I/O thread does it: a device that hangs holds up one call for the
  // timeout, and no other until it answers.
  Status secure(std::chrono::milliseconds timeout);
  // After stop(): flushes and closes the file. Idempotent. What the device refuses is counted as
  // dropped. Gives up when the device has not answered for the timeout; the rest stays pending.
  Status close(std::chrono::milliseconds timeout);
  [[nodiscard]] StreamStats stats() const;
  [[nodiscard]] Durability durability() const { return options_.durability; }
  // The last write failed, and the device has not taken one since.
  [[nodiscard]] bool failing() const { return failing_.load(std::memory_order_relaxed); }

  // ---- the I/O thread ----

  // What to do with a stream at the next interval.
  enum class Next : std::uint8_t { kTendAgain, kLeaveAlone };
  // Writes what is there, unless another thread is at it; retries when it is time.
  Next tend(std::chrono::steady_clock::time_point now);
  // Does what secure() waits for, and says so.
  void answer_secure();
  // Puts on the device what has been in the kernel for kSyncInterval. May take long.
  void sync_if_due(std::chrono::steady_clock::time_point now);
  // The I/O thread is about to stop: the next record must start it again.
  void set_idle() { attention_.fetch_or(kIdle, std::memory_order_relaxed); }
  // In a forked child, before anything else runs there.
  void orphan();

 private:
  friend class IoThread;
  EventStream(FilePlan plan, StreamOptions options);

  Status close_within(std::chrono::milliseconds timeout);
  std::optional<Status> secure_by_io_thread(std::chrono::steady_clock::time_point deadline);
  Status secure_by_thread_of_its_own(std::chrono::milliseconds timeout);
  Error give_up_waiting();
  Status write_and_close();
  std::uint8_t* reserve_chunk(std::size_t bytes);
  static Chunk::Owner new_chunk(std::size_t capacity);
  static void recycle(Chunk::Owner chunk);
  void make_tail(Chunk* chunk, Extent extent);
  void wake_consumer();
  void activate();
  [[nodiscard]] std::uint64_t pending_bytes() const;

  // With drain_mutex_ held:
  Status drain();
  Status write_what_is_there();
  Status prepare_file();
  Status begin_segment();
  void leave_file();
  [[nodiscard]] std::size_t bytes_that_fit(ByteView records) const;
  Status write_published(ByteView unwritten);
  void release_scarce_descriptor();
  void settle(std::size_t bytes, std::uint32_t records);
  void advance_to_next_chunk(Chunk* next);
  Status undo_partial_record();
  Error fail(Error error);
  void report(std::string_view message);
  Status sync();
  Status sync_file();
  void free_chunks();
  void adopt(EventFile file, Chunk::Owner first);
  void note_new_segment();

  const StreamOptions options_;
  FilePlan plan_;  // of the next file

  // Producer's own, one cache line.
  alignas(64) std::uint8_t* cursor_ = nullptr;
  std::size_t room_ = 0;
  Chunk* tail_ = nullptr;
  Extent extent_{};
  std::size_t since_wake_ = 0;
  std::uint64_t queued_bytes_ = 0;  // bytes in chunks before the tail, over all time
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint32_t> attention_{0};

  // Consumer's own, under drain_mutex_.
  alignas(64) mutable std::mutex drain_mutex_;
  Chunk* head_ = nullptr;
  Extent settled_{};               // whole records of head_ that are in the file
  std::size_t partial_bytes_ = 0;  // written after them, and not yet known to be whole records
  std::uint64_t file_bytes_ = 0;   // size of the file up to its last whole record
  std::uint64_t first_bytes_ = 0;  // size of the file when it was begun
  bool dirty_ = false;             // written since the last sync
  EventFile file_;
  std::chrono::steady_clock::time_point next_sync_{};
  std::chrono::steady_clock::time_point next_attempt_{};
  std::chrono::steady_clock::time_point last_news_{};
  std::optional<Error> sync_failure_;
  IoLinks io_;

  // Written by one side, read by both.
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> writes_{0};         // system calls that the device has answered
  std::atomic<std::uint64_t> drained_bytes_{0};  // against queued_bytes_ + extent_.bytes
  std::atomic<bool> failing_{false};
  std::atomic<bool> stalled_{
      false};  // a call waited for nothing, and the device did not answer yet

  // Between the callers of secure() and the I/O thread.
  std::mutex secure_mutex_;
  std::condition_variable secured_;
  std::uint64_t secure_calls_ = 0;
  std::uint64_t secure_calls_answered_ = 0;
  std::optional<Error> secure_failure_;              // of the last answer
  std::atomic<bool> io_thread_is_elsewhere_{false};  // stuck, when last looked at

  mutable std::mutex report_mutex_;
  std::string last_error_;
  std::string path_;
};

}  // namespace eventcodec::stream
