// failing_memory.h - memory that runs out at the n-th allocation of the program, once or for good.
// Include it in one file; link with --wrap=malloc, calloc, realloc, mmap and pthread_create.
#pragma once

#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace campaigns {

class FailingMemory {
 public:
  // The n-th allocation from here on fails, and with `for_good` all that follow.
  static void arm(std::int64_t n, bool for_good) {
    for_good_ = for_good;
    failures_ = 0;
    left_ = n;
  }
  // How many allocations failed.
  static std::uint64_t disarm() {
    left_ = 0;
    return failures_;
  }
  static bool fails() {
    if (left_.load(std::memory_order_relaxed) <= 0) return false;
    if (left_.fetch_sub(1) != 1) return false;
    if (for_good_) left_ = 1;
    ++failures_;
    return true;
  }

  static inline std::atomic<bool> no_threads{false};

 private:
  static inline std::atomic<std::int64_t> left_{0};
  static inline std::atomic<bool> for_good_{false};
  static inline std::atomic<std::uint64_t> failures_{0};
};

}  // namespace campaigns

extern "C" {
void* __real_malloc(std::size_t bytes);
void* __real_calloc(std::size_t count, std::size_t bytes);
void* __real_realloc(void* memory, std::size_t bytes);
void* __real_mmap(void* address, std::size_t bytes, int protection, int flags, int descriptor,
                  off_t offset);
int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);

void* __wrap_malloc(std::size_t bytes) {
  return campaigns::FailingMemory::fails() ? nullptr : __real_malloc(bytes);
}
void* __wrap_calloc(std::size_t count, std::size_t bytes) {
  return campaigns::FailingMemory::fails() ? nullptr : __real_calloc(count, bytes);
}
void* __wrap_realloc(void* memory, std::size_t bytes) {
  return campaigns::FailingMemory::fails() ? nullptr : __real_realloc(memory, bytes);
}
void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int descriptor,
                  off_t offset) {
  if (campaigns::FailingMemory::fails()) return MAP_FAILED;
  return __real_mmap(address, bytes, protection, flags, descriptor, offset);
}
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument) {
  if (campaigns::FailingMemory::no_threads) return EAGAIN;
  return __real_pthread_create(thread, attributes, run, argument);
}
}

void* operator new(std::size_t bytes) {
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  void* memory = campaigns::FailingMemory::fails()
                     ? nullptr
                     : std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// What std::stable_sort takes its temporary buffer from.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
