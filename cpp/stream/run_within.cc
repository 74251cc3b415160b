// run_within.cc - a deadline for work that may hang in the kernel.
#include "stream/run_within.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "stream/thread_exit.h"

namespace eventcodec::stream {
namespace {

// Shared by the two threads; the last one to leave frees it.
struct Task {
  std::function<void()> work;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  pid_t thread_id = 0;  // when done
};

void* run(void* argument) {
  const std::unique_ptr<std::shared_ptr<Task>> owner(static_cast<std::shared_ptr<Task>*>(argument));
  Task& task = **owner;
  task.work();
  task.work = nullptr;  // what it owns goes before the caller does
  const std::lock_guard lock(task.mutex);
  task.done = true;
  task.thread_id = current_thread_id();
  task.changed.notify_all();
  return nullptr;
}

// Signals are for the threads of the program, not for this one.
bool start_without_signals(pthread_t* thread, std::shared_ptr<Task>* owner) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(thread, nullptr, run, owner) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace

bool run_within(std::chrono::milliseconds timeout, std::function<void()> work,
                const std::function<std::uint64_t()>& progress) {
  const auto task = std::make_shared<Task>();
  auto owner = std::make_unique<std::shared_ptr<Task>>(task);
  task->work = std::move(work);
  pthread_t thread{};
  if (!start_without_signals(&thread, owner.get())) {
    task->work();  // no thread to be had: better to wait than to lose data
    return true;
  }
  (void)owner.release();  // the thread's now
  bool done = false;
  {
    std::unique_lock lock(task->mutex);
    for (bool waits = true; waits;) {
      const std::uint64_t before = progress ? progress() : 0;
      done = task->changed.wait_for(lock, timeout, [&] { return task->done; });
      waits = !done && progress && progress() != before;
    }
  }
  // Joined, so that a fork right after this finds one thread less.
  if (done) {
    pthread_join(thread, nullptr);
    wait_until_gone(task->thread_id);
  } else {
    pthread_detach(thread);
  }
  return done;
}

}  // namespace eventcodec::stream
