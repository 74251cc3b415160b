// kernels.h - the tables of record kernels, best first. The two are chosen alike.
#pragma once

#include "base/kernel.h"
#include "record/kernel.h"

namespace eventcodec::record {

std::span<const Kernel<SealFn>> seal_kernels();
std::span<const Kernel<CheckFn>> check_kernels();

}  // namespace eventcodec::record
