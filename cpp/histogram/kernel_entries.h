// kernel_entries.h - the entry points of the kernels, seven in a file.
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
void count_at_least32_portable(const float* values, std::size_t count, const float* edges,
                               std::size_t edge_count, std::uint64_t* counts);
void count_at_least64_portable(const double* values, std::size_t count, const double* edges,
                               std::size_t edge_count, std::uint64_t* counts);
void bucketize_avx2(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void take_moments_avx2(Values values, Moments* moments);
void count_uniform_avx2(Values values, const UniformBins& bins, std::size_t copies,
                        std::uint64_t* counts);
void add_deviations_avx2(Values values, double mean, double* squares, double* cubes);
std::size_t collect_avx2(const double* x, std::size_t count, double low, double high, double* to,
                         std::size_t* below);
void count_at_least32_avx2(const float* values, std::size_t count, const float* edges,
                           std::size_t edge_count, std::uint64_t* counts);
void count_at_least64_avx2(const double* values, std::size_t count, const double* edges,
                           std::size_t edge_count, std::uint64_t* counts);
void bucketize_avx512(Values values, std::size_t copies, std::uint32_t* slots, Moments* moments);
void take_moments_avx512(Values values, Moments* moments);
void count_uniform_avx512(Values values, const UniformBins& bins, std::size_t copies,
                          std::uint64_t* counts);
void add_deviations_avx512(Values values, double mean, double* squares, double* cubes);
std::size_t collect_avx512(const double* x, std::size_t count, double low, double high, double* to,
                           std::size_t* below);
void count_at_least32_avx512(const float* values, std::size_t count, const float* edges,
                             std::size_t edge_count, std::uint64_t* counts);
void count_at_least64_avx512(const double* values, std::size_t count, const double* edges,
                             std::size_t edge_count, std::uint64_t* counts);

}  // namespace eventcodec::histogram
