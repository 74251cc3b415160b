// kernel.h - a hot path has several kernels; the first one that the machine supports is used.
#pragma once

#include <cstdint>
#include <span>

#include "base/cpu.h"

namespace eventcodec {

// One implementation of a hot path: its name, the cpu::Feature bits it needs, and its entry point.
template <class Fn>
struct Kernel {
  const char* name;
  std::uint32_t required;
  Fn fn;
};

// The first supported kernel of a table that lists the best first and ends with a portable one.
template <class Fn>
const Kernel<Fn>& select(std::span<const Kernel<Fn>> best_first) {
  for (const Kernel<Fn>& kernel : best_first) {
    if (cpu::has(kernel.required)) return kernel;
  }
  return best_first.back();
}

}  // namespace eventcodec
