// parallel.h - a few independent jobs on several threads that live as long as the call.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace eventcodec {

// Runs job(0) to job(jobs - 1), each once, on at most `threads` threads, of which the caller's is
// one; returns when all are done. A system that gives no more threads, or memory for them, only
// makes this slower. A job must not throw.
template <class F>
void run_parallel(std::size_t jobs, std::size_t threads, const F& job) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs; i = next++) job(i);
  };
  std::vector<std::thread> workers;
  try {
    for (std::size_t i = 1; i < std::min(threads, jobs); ++i) workers.emplace_back(work);
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  work();
  for (std::thread& worker : workers) worker.join();
}

}  // namespace eventcodec
