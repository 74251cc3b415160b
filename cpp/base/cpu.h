// cpu.h - which instruction sets this machine has, under names that people and tests can use.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace eventcodec::cpu {

// Bits of a feature set. A kernel lists the bits that it needs. The x86 bits say that both the
// processor and the operating system (XCR0) support the registers.
enum Feature : std::uint32_t {
  kSse42 = 1u << 0,
  kPclmul = 1u << 1,
  kAvx2 = 1u << 2,      // with BMI1, BMI2, F16C, FMA and LZCNT, as every AVX2 machine has
  kFastPext = 1u << 3,  // PEXT/PDEP in hardware: not on AMD before Zen 3
  kAvx512 = 1u << 4,    // F, BW, DQ, VL, CD
  kVbmi = 1u << 5,      // AVX512_VBMI and VBMI2
  kVpclmul = 1u << 6,   // VPCLMULQDQ
  kArmCrc = 1u << 7,
  kArmPmull = 1u << 8,
};

struct FeatureName {
  Feature bit;
  const char* name;
};

// Every feature that can be named, on any architecture.
std::span<const FeatureName> feature_names();

// The features of this machine, read once. In test builds the comma-separated names in the
// environment variable EVENTCODEC_DISABLE_CPU are taken away; an unknown name aborts, so that a
// misspelt test cannot pass.
std::uint32_t features();

inline bool has(std::uint32_t required) { return (features() & required) == required; }

}  // namespace eventcodec::cpu
