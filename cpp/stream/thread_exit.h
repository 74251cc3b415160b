// thread_exit.h - threads that are gone not only for us, but for the kernel.
#pragma once

#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <chrono>

namespace eventcodec::stream {

inline pid_t current_thread_id() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Waits until the kernel no longer counts a thread that is about to end, or has been joined: it
// still does for a moment then, and CPython warns of a fork in a process with two threads.
inline void wait_until_gone(pid_t thread) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (syscall(SYS_tgkill, getpid(), thread, 0) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return;
    sched_yield();
  }
}

}  // namespace eventcodec::stream
