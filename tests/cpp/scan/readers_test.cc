// Threads ahead of a front: how far each reads, when it ends, and in which order its work comes.
#include "scan/readers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "check.h"

using eventcodec::scan::Readers;

namespace {

constexpr std::uint64_t kStep = 10;

// One reader, of numbers instead of records.
class OneReader {
 public:
  // What is handed over goes to `into`.
  explicit OneReader(std::vector<std::uint64_t>* into = nullptr)
      : readers_(1, kStep,
                 {.read = [this](std::size_t) { read(); },
                  .hand_over =
                      [this, into](std::size_t) {
                        *into = taken;
                        taken.clear();
                      }}) {
    REQUIRE(readers_.size() == 1u);
  }
  Readers* operator->() { return &readers_; }

  std::uint64_t begin = 0;
  std::vector<std::uint64_t> taken;
  std::atomic<int> steps = 0;

  // Waits for so many steps, but not for ever.
  void reach(int wanted) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (steps < wanted && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  }

 private:
  void read() {
    std::uint64_t at = begin;
    while (true) {
      const std::uint64_t limit = readers_.go_on(0, at);
      if (limit == at) return;
      while (at < limit) taken.push_back(at++);
      ++steps;
    }
  }

  Readers readers_;
};

}  // namespace

TEST(a_reader_goes_on_while_the_front_is_away_and_no_further_than_it_may) {
  OneReader reader;
  reader.begin = 100;
  reader->assign(0, 125, 160);
  reader.reach(7);  // to 110, 120, 125, 135, 145, 155, 160
  reader->await(0);
  CHECK_EQ(reader.taken.size(), 60u);
  CHECK_EQ(reader->end_of(0), 160u);
}

TEST(a_reader_that_is_cut_at_once_still_reads_a_step) {
  OneReader reader;
  for (int round = 0; round != 100; ++round) {
    reader.taken.clear();
    reader.begin = 0;
    reader->assign(0, 1000, 1000);
    reader->await(0);
    CHECK(reader.taken.size() >= kStep);
    CHECK_EQ(reader.taken.size() % kStep, 0u);
  }
}

TEST(a_reader_whose_end_was_asked_for_ends_there) {
  OneReader reader;
  reader.begin = 0;
  reader->assign(0, 25, 1000000);
  const std::uint64_t end = reader->end_of(0);
  reader.reach(3);  // to 10, 20, 25
  reader->await(0);
  CHECK_EQ(reader.taken.size(), end);
}

TEST(rows_are_handed_over_before_others_are_read_and_before_the_end) {
  std::vector<std::uint64_t> handed_over;
  {
    OneReader reader(&handed_over);
    reader->assign(0, 20, 20);
    reader->await(0);
    const std::vector<std::uint64_t> first = reader.taken;
    reader->hand_over(0);
    reader.begin = 50;
    reader->assign(0, 60, 60);
    reader->await(0);
    CHECK(handed_over == first);
    CHECK_EQ(reader.taken.front(), 50u);
    reader->hand_over(0);
  }
  CHECK_EQ(handed_over.front(), 50u);
}

// What EventFile does with them, on numbers: each is read once, and by one thread after the other.
TEST(threads_and_the_front_together_read_everything_once) {
  constexpr std::uint64_t kEnd = 20000;
  for (const std::size_t threads : {1u, 2u, 5u}) {
    std::vector<std::uint64_t> begins(threads);
    std::vector<std::uint64_t> ends(threads);
    std::vector<int> handed_over(threads);
    Readers* all = nullptr;
    std::vector<int> read(kEnd);
    const auto read_on = [&](std::size_t i) {
      std::uint64_t at = begins[i];
      for (std::uint64_t limit = all->go_on(i, at); limit > at && at < kEnd;
           limit = all->go_on(i, at)) {
        for (; at < std::min(limit, kEnd); ++at) ++read[at];
      }
      ends[i] = at;
    };
    Readers readers(threads, kStep,
                    {.read = read_on, .hand_over = [&](std::size_t i) { ++handed_over[i]; }});
    all = &readers;
    std::uint64_t front = 0;
    std::size_t next = 0;
    int adopted = 0;
    while (front + 200 < kEnd) {
      begins[next] = front + 50;
      readers.assign(next, front + 100, front + 200);
      for (; front < begins[next]; ++front) ++read[front];
      readers.await(next);
      CHECK(ends[next] >= front + kStep && ends[next] <= front + 150);
      front = ends[next];
      readers.hand_over(next);
      ++adopted;
      next = (next + 1) % readers.size();
    }
    for (; front < kEnd; ++front) ++read[front];
    for (const int times : read) REQUIRE(times == 1);
    CHECK(adopted > 50);
  }
}
