// run_within.h - a deadline for work that may hang in the kernel.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace eventcodec::stream {

// Runs `work` in a thread of its own and waits until it is done, or has made no progress for the
// timeout: a system call on dead storage cannot be called off. `progress` counts it; without one
// the timeout is for all of the work. False: the work goes on without the caller, for as long as
// the process lives, so it must own what it touches. May throw std::bad_alloc, before it begins.
bool run_within(std::chrono::milliseconds timeout, std::function<void()> work,
                const std::function<std::uint64_t()>& progress = nullptr);

}  // namespace eventcodec::stream
