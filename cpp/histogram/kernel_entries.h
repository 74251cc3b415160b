// kernel_entries.h - the entry points of the kernels, five in a file.
#pragma once

#include "histogram/kernels.h"

namespace eventcodec::histogram {

void bucketize_portable(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void take_moments_portable(Values values, Moments* moments);
void count_uniform_portable(Values values, const UniformBins& bins, std::size_t copies,
                            std::uint64_t* counts);
void add_deviations_portable(Values values, double mean, double* squares, double* cubes);
std::size_t collect_portable(const double* x, std::size_t count, double low, double high,
                             double* to, std::size_t* below);
void bucketize_avx2(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void take_moments_avx2(Values values, Moments* moments);
void count_uniform_avx2(Values values, const UniformBins& bins, std::size_t copies,
                        std::uint64_t* counts);
void add_deviations_avx2(Values values, double mean, double* squares, double* cubes);
std::size_t collect_avx2(const double* x, std::size_t count, double low, double high, double* to,
                         std::size_t* below);
void bucketize_avx512(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void take_moments_avx512(Values values, Moments* moments);
void count_uniform_avx512(Values values, const UniformBins& bins, std::size_t copies,
                          std::uint64_t* counts);
void add_deviations_avx512(Values values, double mean, double* squares, double* cubes);
std::size_t collect_avx512(const double* x, std::size_t count, double low, double high, double* to,
                           std::size_t* below);

}  // namespace eventcodec::histogram
