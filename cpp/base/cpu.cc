// cpu.cc - detection of instruction sets. All policy about them lives here.
#include "base/cpu.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace eventcodec::cpu {
namespace {

constexpr std::array kNames = {
    FeatureName{kSse42, "sse42"},       FeatureName{kPclmul, "pclmul"},
    FeatureName{kAvx2, "avx2"},         FeatureName{kFastPext, "pext"},
    FeatureName{kAvx512, "avx512"},     FeatureName{kVbmi, "vbmi"},
    FeatureName{kVpclmul, "vpclmul"},   FeatureName{kArmCrc, "armcrc"},
    FeatureName{kArmPmull, "armpmull"},
};

#if defined(__x86_64__)
std::uint64_t read_xcr0() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

// PEXT is microcoded and slow on AMD before Zen 3 (family 0x19).
bool pext_is_fast() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(0, &a, &b, &c, &d);
  const bool amd = b == 0x68747541;  // "Auth"
  __get_cpuid(1, &a, &b, &c, &d);
  const unsigned family = ((a >> 8) & 0xf) + ((a >> 20) & 0xff);
  return !amd || family >= 0x19;
}

std::uint32_t detect() {
  std::uint32_t found = 0;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  const unsigned leaf1_c = c;
  if (leaf1_c & bit_SSE4_2) found |= kSse42;
  if (leaf1_c & bit_PCLMUL) found |= kPclmul;
  if (!(leaf1_c & bit_OSXSAVE)) return found;
  const std::uint64_t xcr0 = read_xcr0();
  const bool os_ymm = (xcr0 & 0x06) == 0x06;
  const bool os_zmm = (xcr0 & 0xe6) == 0xe6;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  const unsigned leaf7_b = b;
  const unsigned leaf7_c = c;
  const bool avx2 = (leaf7_b & bit_AVX2) && (leaf7_b & bit_BMI) && (leaf7_b & bit_BMI2) &&
                    (leaf1_c & bit_F16C) && (leaf1_c & bit_FMA);
  if (!os_ymm || !avx2) return found;
  found |= kAvx2;
  if (pext_is_fast()) found |= kFastPext;
  if (leaf7_c & (1u << 10)) found |= kVpclmul;
  constexpr unsigned kAvx512Bits =
      bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD;
  if (!os_zmm || (leaf7_b & kAvx512Bits) != kAvx512Bits) return found;
  found |= kAvx512;
  if ((leaf7_c & bit_AVX512VBMI) && (leaf7_c & (1u << 6))) found |= kVbmi;
  return found;
}
#elif defined(__aarch64__) && defined(__linux__)
std::uint32_t detect() {
  const unsigned long caps = getauxval(AT_HWCAP);
  constexpr unsigned long kHwcapPmull = 1ul << 4;
  constexpr unsigned long kHwcapCrc32 = 1ul << 7;
  return ((caps & kHwcapCrc32) ? kArmCrc : 0u) | ((caps & kHwcapPmull) ? kArmPmull : 0u);
}
#elif defined(__aarch64__)
std::uint32_t detect() { return kArmCrc | kArmPmull; }  // every 64-bit Apple processor
#else
std::uint32_t detect() { return 0; }
#endif

#if defined(EVENTCODEC_TEST_BUILD)
std::uint32_t disabled_by_environment() {
  std::uint32_t disabled = 0;
  const char* list = std::getenv("EVENTCODEC_DISABLE_CPU");
  std::string_view rest = list == nullptr ? "" : list;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    bool known = false;
    for (const FeatureName& feature : kNames) {
      if (name == feature.name) {
        disabled |= feature.bit;
        known = true;
      }
    }
    if (!known) {
      std::fprintf(stderr, "EVENTCODEC_DISABLE_CPU: unknown feature \"%.*s\"\n",
                   static_cast<int>(name.size()), name.data());
      std::abort();
    }
  }
  return disabled;
}
#else
std::uint32_t disabled_by_environment() { return 0; }
#endif

}  // namespace

std::span<const FeatureName> feature_names() { return kNames; }

std::uint32_t features() {
  static const std::uint32_t found = detect() & ~disabled_by_environment();
  return found;
}

}  // namespace eventcodec::cpu
