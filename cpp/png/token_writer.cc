// token_writer.cc - the table of token writers, and nothing else.
#include "png/token_writer.h"

namespace eventcodec::png {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<WriteTokensFn>{"vbmi", cpu::kAvx2 | cpu::kAvx512 | cpu::kVbmi, write_tokens_vbmi},
    Kernel<WriteTokensFn>{"bmi2", cpu::kAvx2, write_tokens_bmi2},
#endif
    Kernel<WriteTokensFn>{"portable", 0, write_tokens_portable},
};

}  // namespace

std::span<const Kernel<WriteTokensFn>> token_writer_kernels() { return kKernels; }

const Kernel<WriteTokensFn>& chosen_token_writer() {
  static const Kernel<WriteTokensFn>& kernel = select(token_writer_kernels());
  return kernel;
}

}  // namespace eventcodec::png
