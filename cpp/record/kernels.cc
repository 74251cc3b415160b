// kernels.cc - the tables of record kernels.
#include "record/kernels.h"

#include <array>

#include "crc32c/crc32c.h"

namespace eventcodec::record {
namespace {

constexpr std::array kSealKernels = {
#if defined(__x86_64__)
    Kernel<SealFn>{"sse42", cpu::kSse42, seal_sse42},
#elif defined(__aarch64__)
    Kernel<SealFn>{"armv8", cpu::kArmCrc, seal_armv8},
#endif
    Kernel<SealFn>{"portable", 0, seal_portable},
};

constexpr std::array kCheckKernels = {
#if defined(__x86_64__)
    Kernel<CheckFn>{"sse42", cpu::kSse42, check_sse42},
#elif defined(__aarch64__)
    Kernel<CheckFn>{"armv8", cpu::kArmCrc, check_armv8},
#endif
    Kernel<CheckFn>{"portable", 0, check_portable},
};

}  // namespace

std::span<const Kernel<SealFn>> seal_kernels() { return kSealKernels; }
std::span<const Kernel<CheckFn>> check_kernels() { return kCheckKernels; }

std::uint32_t crc_of_long(const std::uint8_t* data, std::size_t size) {
  return crc32c::value({data, size});
}

}  // namespace eventcodec::record
