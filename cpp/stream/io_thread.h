// io_thread.h - the one thread of the process that writes. It never takes Python's lock.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "stream/event_stream.h"

namespace eventcodec::stream {

class IoThread {
 public:
  // Made at the first call and never destroyed: streams may outlive static destructors.
  static IoThread& instance();

  // A stream exists: it is tended until it has been idle for a while, and closed at exit.
  void add(std::shared_ptr<EventStream> stream);
  void remove(EventStream* stream);
  // A stream that was left alone has a record. Starts the thread if this process has none.
  void activate(std::shared_ptr<EventStream> stream);

  // Calls the stream's answer_secure() soon. False when this process can have no thread.
  bool secure(std::shared_ptr<EventStream> stream);

  // Writes what every stream holds, as flush(), in the calling thread.
  void flush_all();

  // The thread is gone while the process forks, so that neither the child nor CPython's check for
  // threads finds it half way through something. Afterwards `later` must arrange a call of resume()
  // from ordinary code; without one the thread is back when fork() returns.
  void set_resume_later(void (*later)()) { resume_later_ = later; }
  void resume();

  // Looks at all streams soon. Costs one load while the thread is awake.
  void wake() {
    if (asleep_.load(std::memory_order_relaxed)) wake_sleeping();
  }

 private:
  // A stack of streams, linked through their `Next`.
  template <std::shared_ptr<EventStream> IoLinks::* Next>
  class Stack {
   public:
    [[nodiscard]] bool empty() const { return top_ == nullptr; }
    [[nodiscard]] EventStream* top() const { return top_.get(); }
    static EventStream* below(EventStream* stream) { return (stream->io_.*Next).get(); }
    void push(std::shared_ptr<EventStream> stream) {
      stream->io_.*Next = std::move(top_);
      top_ = std::move(stream);
    }
    std::shared_ptr<EventStream> pop() {
      std::shared_ptr<EventStream> stream = std::move(top_);
      if (stream != nullptr) top_ = std::move(stream->io_.*Next);
      return stream;
    }

   private:
    std::shared_ptr<EventStream> top_;
  };
  using Woken = Stack<&IoLinks::next_woken>;
  using Tended = Stack<&IoLinks::next_tended>;
  using Urgent = Stack<&IoLinks::next_urgent>;

  IoThread();
  void start();
  void run();
  void tend_all(Tended& tended);
  static void sync_within_budget(const Tended& tended, std::chrono::steady_clock::time_point start);
  void wake_sleeping();
  void push_woken(std::shared_ptr<EventStream> stream);
  void collect_woken(Tended& tended);
  void answer_urgent(std::unique_lock<std::mutex>& lock);
  void hand_over(Tended& tended);
  void unlink(EventStream& stream);
  std::shared_ptr<EventStream> first_open();
  std::shared_ptr<EventStream> open_after(const EventStream& stream);
  void quiesce();

  // fork: no lock of ours is held across it, and the child starts without a thread.
  static void before_fork();
  static void after_fork_in_parent();
  static void after_fork_in_child();
  static void at_exit();

  std::mutex mutex_;
  std::condition_variable woken_;
  std::atomic<bool> asleep_{false};
  bool wake_requested_ = false;
  bool stop_requested_ = false;
  bool running_ = false;
  pid_t thread_id_ = 0;  // the running one's
  std::condition_variable stopped_;
  void (*resume_later_)() = nullptr;
  EventStream* first_open_ = nullptr;
  EventStream* last_open_ = nullptr;
  Woken woken_streams_;    // to tend from the next round on
  Urgent urgent_streams_;  // whose callers wait
};

}  // namespace eventcodec::stream
