// gil.h - work on plain data without the interpreter lock.
#pragma once

#include "bindings/pybind.h"
// Python first
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <new>
#include <type_traits>
#include <utility>

namespace eventcodec::bindings {

// Releasing and taking the lock costs about 100 ns uncontended, and up to 5 ms contended: below
// this many bytes of work it is not worth it.
inline constexpr std::size_t kWorthReleasing = 64 * 1024;

inline bool is_finalizing() {
#if PY_VERSION_HEX >= 0x030d0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

// Whether this is the thread that ends the process, which may have the lock to the last.
inline bool is_main_thread() {
#if defined(__linux__)
  return syscall(SYS_gettid) == getpid();
#else
  return true;
#endif
}

// Takes the lock again. At the end of the process a daemon thread can have it no more, and CPython
// before 3.14 ends such a thread by unwinding its stack, through frames that may not be unwound:
// the thread waits for the end here instead.
inline void take_gil(PyThreadState* state) {
  while (is_finalizing() && !is_main_thread()) pause();
  PyEval_RestoreThread(state);
}

// Runs f() without the GIL. Nothing of Python may be touched inside.
template <class F>
auto without_gil(F&& f) {
  PyThreadState* const state = PyEval_SaveThread();
  try {
    if constexpr (std::is_void_v<decltype(f())>) {
      std::forward<F>(f)();
      take_gil(state);
    } else {
      auto result = std::forward<F>(f)();
      take_gil(state);
      return result;
    }
  } catch (const std::bad_alloc&) {
    take_gil(state);
    throw;
  }
}

// The same when `bytes` of work make it worth the switch.
template <class F>
auto without_gil_if_large(std::size_t bytes, F&& f) {
  return bytes < kWorthReleasing ? std::forward<F>(f)() : without_gil(std::forward<F>(f));
}

// Runs f() with the GIL, on a thread that does not have it or does not know.
template <class F>
auto with_gil(F&& f) {
  while (is_finalizing() && !is_main_thread()) pause();  // see take_gil()
  const py::gil_scoped_acquire gil;
  return std::forward<F>(f)();
}

}  // namespace eventcodec::bindings
