// io_thread.cc - the one thread of the process that writes.
#include "stream/io_thread.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>

#include "stream/thread_exit.h"

namespace eventcodec::stream {
namespace {

// How long the exit of the process may be held up by storage that does not answer. Storage that is
// slow, and answers, may take the time that it needs.
constexpr std::chrono::milliseconds kExitTimeout{4000};
// What every stream gets of it at least: another one may be on storage that answers.
constexpr std::chrono::milliseconds kStreamExitTimeout{20};
// How long a fork waits for a write that is under way.
constexpr std::chrono::milliseconds kForkTimeout{500};
// A sync may take long, and every other stream waits for it: no more are begun in one round after
// this.
constexpr std::chrono::milliseconds kSyncBudget{5};

}  // namespace

IoThread& IoThread::instance() {
  static auto* const thread = new IoThread();
  return *thread;
}

IoThread::IoThread() {
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  // Runs after the interpreter has shut down, so that whatever an atexit function of Python or a
  // finalizer logged is still written.
  std::atexit(at_exit);
}

void IoThread::add(std::shared_ptr<EventStream> stream) {
  std::unique_lock lock(mutex_);
  IoLinks& links = stream->io_;
  links.previous_open = std::exchange(last_open_, stream.get());
  if (links.previous_open == nullptr) {
    first_open_ = stream.get();
  } else {
    links.previous_open->io_.next_open = stream.get();
  }
  links.self = stream;
  push_woken(std::move(stream));
  start();
  // It may sleep for good, for want of streams.
  wake_requested_ = true;
  lock.unlock();
  woken_.notify_one();
}

void IoThread::remove(EventStream* stream) {
  std::shared_ptr<EventStream> removed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  removed = std::move(stream->io_.self);
  if (removed != nullptr) unlink(*removed);
}

// With mutex_ held.
void IoThread::unlink(EventStream& stream) {
  IoLinks& links = stream.io_;
  (links.previous_open == nullptr ? first_open_ : links.previous_open->io_.next_open) =
      links.next_open;
  (links.next_open == nullptr ? last_open_ : links.next_open->io_.previous_open) =
      links.previous_open;
  links.previous_open = links.next_open = nullptr;
}

void IoThread::activate(std::shared_ptr<EventStream> stream) {
  {
    const std::lock_guard lock(mutex_);
    push_woken(std::move(stream));
    start();
    wake_requested_ = true;
  }
  woken_.notify_one();
}

bool IoThread::secure(std::shared_ptr<EventStream> stream) {
  {
    const std::lock_guard lock(mutex_);
    start();
    if (!running_) return false;
    if (!std::exchange(stream->io_.is_urgent, true)) urgent_streams_.push(std::move(stream));
  }
  woken_.notify_one();
  return true;
}

// With mutex_ held.
void IoThread::push_woken(std::shared_ptr<EventStream> stream) {
  if (!std::exchange(stream->io_.is_woken, true)) woken_streams_.push(std::move(stream));
}

// With mutex_ held. When the process can have no thread, the next record of a stream tries again;
// until then flush() and close() write.
void IoThread::start() {
  if (running_) return;
  // Signals are for the threads of the program, not for this one.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto run_detached = [](void* self) -> void* {
    pthread_detach(pthread_self());
    static_cast<IoThread*>(self)->run();
    return nullptr;
  };
  pthread_t thread{};
  running_ = true;
  stop_requested_ = false;
  if (pthread_create(&thread, nullptr, run_detached, this) != 0) {
    running_ = false;
    for (EventStream* stream = woken_streams_.top(); stream != nullptr;
         stream = Woken::below(stream)) {
      stream->set_idle();
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoThread::collect_woken(Tended& tended) {
  while (std::shared_ptr<EventStream> stream = woken_streams_.pop()) {
    stream->io_.is_woken = false;
    // It may have been activated while it was still looked at.
    if (!std::exchange(stream->io_.is_tended, true)) tended.push(std::move(stream));
  }
}

void IoThread::run() {
  Tended tended;
  auto next_round = std::chrono::steady_clock::now();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      thread_id_ = current_thread_id();
      const auto called = [this] {
        return wake_requested_ || stop_requested_ || !urgent_streams_.empty();
      };
      asleep_.store(true, std::memory_order_relaxed);
      if (tended.empty() && woken_streams_.empty()) {
        woken_.wait(lock, called);
      } else {
        woken_.wait_until(lock, next_round, called);
      }
      asleep_.store(false, std::memory_order_relaxed);
      answer_urgent(lock);
      if (stop_requested_) {
        collect_woken(tended);
        hand_over(tended);
        running_ = false;
        stopped_.notify_all();
        return;
      }
      if (!wake_requested_ && std::chrono::steady_clock::now() < next_round) continue;
      wake_requested_ = false;
      collect_woken(tended);
    }
    tend_all(tended);
    next_round = std::chrono::steady_clock::now() + EventStream::kDrainInterval;
  }
}

// Callers wait for these, so the others are not looked at in between.
void IoThread::answer_urgent(std::unique_lock<std::mutex>& lock) {
  while (const std::shared_ptr<EventStream> stream = urgent_streams_.pop()) {
    stream->io_.is_urgent = false;
    lock.unlock();
    stream->answer_secure();
    lock.lock();
  }
}

void IoThread::tend_all(Tended& tended) {
  const auto now = std::chrono::steady_clock::now();
  Tended again;
  while (std::shared_ptr<EventStream> stream = tended.pop()) {
    if (stream->tend(now) == EventStream::Next::kTendAgain) {
      again.push(std::move(stream));
    } else {
      stream->io_.is_tended = false;
    }
  }
  sync_within_budget(again, now);
  tended = std::move(again);
}

void IoThread::sync_within_budget(const Tended& tended,
                                  std::chrono::steady_clock::time_point start) {
  for (EventStream* stream = tended.top(); stream != nullptr; stream = Tended::below(stream)) {
    stream->sync_if_due(start);
    if (std::chrono::steady_clock::now() - start > kSyncBudget) return;
  }
}

// The thread stops, with mutex_ held: everything is written once more, and the next record of any
// stream, or resume(), starts a thread that looks at the same streams.
void IoThread::hand_over(Tended& tended) {
  while (std::shared_ptr<EventStream> stream = tended.pop()) {
    (void)stream->tend(std::chrono::steady_clock::now());
    stream->set_idle();
    stream->io_.is_tended = false;
    push_woken(std::move(stream));
  }
}

std::shared_ptr<EventStream> IoThread::first_open() {
  const std::lock_guard lock(mutex_);
  return first_open_ == nullptr ? nullptr : first_open_->io_.self;
}

// In the order they were opened; from the first again after one that was closed meanwhile.
std::shared_ptr<EventStream> IoThread::open_after(const EventStream& stream) {
  const std::lock_guard lock(mutex_);
  const bool is_open = stream.io_.self != nullptr;
  const EventStream* const next = is_open ? stream.io_.next_open : first_open_;
  return next == nullptr ? nullptr : next->io_.self;
}

void IoThread::flush_all() {
  for (std::shared_ptr<EventStream> stream = first_open(); stream != nullptr;
       stream = open_after(*stream)) {
    (void)stream->flush(false);
  }
}

void IoThread::wake_sleeping() {
  {
    const std::lock_guard lock(mutex_);
    wake_requested_ = true;
  }
  woken_.notify_one();
}

// Stops the thread, with mutex_ held. One that is stuck in a write is left behind: it does not
// exist in the child, and goes on in the parent.
void IoThread::quiesce() {
  if (!running_) return;
  stop_requested_ = true;
  woken_.notify_one();
  std::unique_lock lock(mutex_, std::adopt_lock);
  const bool stopped = stopped_.wait_for(lock, kForkTimeout, [this] { return !running_; });
  lock.release();
  if (stopped) wait_until_gone(thread_id_);
}

void IoThread::resume() {
  const std::lock_guard lock(mutex_);
  stop_requested_ = false;
  if (!woken_streams_.empty() || !urgent_streams_.empty()) start();
}

void IoThread::before_fork() {
  instance().mutex_.lock();
  instance().quiesce();
}

void IoThread::after_fork_in_parent() {
  IoThread& thread = instance();
  const auto later = thread.resume_later_;
  thread.mutex_.unlock();
  if (later != nullptr) {
    later();
  } else {
    thread.resume();
  }
}

void IoThread::after_fork_in_child() {
  IoThread& thread = instance();
  new (&thread.woken_) std::condition_variable();
  new (&thread.stopped_) std::condition_variable();
  thread.asleep_ = false;
  thread.running_ = false;
  thread.stop_requested_ = false;
  while (thread.first_open_ != nullptr) {
    const std::shared_ptr<EventStream> stream = std::move(thread.first_open_->io_.self);
    thread.unlink(*stream);
    stream->io_.is_tended = false;  // by a thread that was stuck in a write
    stream->orphan();
  }
  while (const std::shared_ptr<EventStream> stream = thread.woken_streams_.pop()) {
    stream->io_.is_woken = false;
  }
  while (const std::shared_ptr<EventStream> stream = thread.urgent_streams_.pop()) {
    stream->io_.is_urgent = false;
  }
  thread.mutex_.unlock();  // before_fork locked it, in the thread that the child has
}

void IoThread::at_exit() {
  using std::chrono::steady_clock;
  auto deadline = steady_clock::now() + kExitTimeout;
  while (const std::shared_ptr<EventStream> stream = instance().first_open()) {
    const auto begun = steady_clock::now();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - begun);
    stream->stop();
    if (stream->close(std::max(left, kStreamExitTimeout)).ok()) {
      deadline += steady_clock::now() - begun;
    }
  }
}

}  // namespace eventcodec::stream
