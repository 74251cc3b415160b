// secure.cc - calls of EventStream that wait until their record is as safe as was promised.
#include <cerrno>
#include <utility>

#include "stream/event_stream.h"
#include "stream/io_thread.h"
#include "stream/run_within.h"

namespace eventcodec::stream {

using std::chrono::steady_clock;

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

}  // namespace eventcodec::stream
