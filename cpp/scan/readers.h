// readers.h - threads that read stretches of a file ahead of the front, which is the caller's
// thread and reads from the beginning to the end.  Knows when who reads how far; knows nothing of
// what is read.
//
// A reader goes on beyond its stretch for as long as the front has not come to it, and stops early
// when it has: nobody waits for a neighbour that is slower.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace eventcodec::scan {

class Readers {
 public:
  // What the thread of a reader does; neither may throw.
  struct Work {
    // Called after assign(): reads up to the limits that go_on() gives.
    std::function<void(std::size_t reader)> read;
    // Called after hand_over(), before the next read().
    std::function<void(std::size_t reader)> hand_over;
  };

  // At most `most` readers: a system that gives no more threads, or memory for them, gets fewer.
  // Limits are asked for after `step` bytes, at the latest.
  Readers(std::size_t most, std::uint64_t step, Work work);
  // Ends them all, after what was to be handed over.
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  [[nodiscard]] std::size_t size() const { return readers_.size(); }

  // For the front.

  // Lets a reader that has ended read up to byte `limit`, and up to `most` while the front is away.
  void assign(std::size_t reader, std::uint64_t limit, std::uint64_t most);
  // The limit of a reader, which does not grow any more.
  [[nodiscard]] std::uint64_t end_of(std::size_t reader);
  // The front is near: the reader shall end soon.
  void cut(std::size_t reader);
  // Returns when the reader has ended, after it is told to.
  void await(std::size_t reader);
  // The reader, which has ended, shall hand over what it has read.
  void hand_over(std::size_t reader);

  // For a reader: the limit up to which it reads now, having come to byte `at`; `at` when that was
  // all.
  [[nodiscard]] std::uint64_t go_on(std::size_t reader, std::uint64_t at);

 private:
  struct Reader {
    std::thread thread;
    std::condition_variable changed;
    std::uint64_t limit = 0;
    std::uint64_t most = 0;  // what the limit may grow to
    bool begun = false;      // it has asked for its limit once: something is always read
    bool cut = false;
    bool reading = false;
    bool handing_over = false;
  };

  void work(std::size_t number);

  const std::uint64_t step_;
  const Work work_;
  std::mutex mutex_;  // of all that follows
  std::condition_variable ended_;
  bool over_ = false;
  std::deque<Reader> readers_;
};

}  // namespace eventcodec::scan
