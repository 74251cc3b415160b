// widen.h - turns blocks of any type into float32 or float64 without losing a bit (64-bit integers
// are rounded to the nearest float64, as NumPy rounds them).
// Everything here is inlined into its caller: see base/bytes.h.
#pragma once

#include <type_traits>

#include "base/bytes.h"
#include "histogram/values.h"

namespace eventcodec::histogram {

// How a number is stored, and the type that holds all of its values. Numbers of up to 16 bits fit
// float32, whose buckets cost less to find.
template <class Raw, class WideType>
struct Plain {
  using Wide = WideType;
  static constexpr std::size_t kBytes = sizeof(Raw);
  static constexpr bool kIsWide = std::is_same_v<Raw, Wide>;
  EVENTCODEC_INLINE static Wide load(const std::uint8_t* p) {
    return static_cast<Wide>(load_le<Raw>(p));
  }
};

struct Bool {
  using Wide = float;
  static constexpr std::size_t kBytes = 1;
  static constexpr bool kIsWide = false;
  EVENTCODEC_INLINE static float load(const std::uint8_t* p) { return *p != 0 ? 1.0f : 0.0f; }
};

EVENTCODEC_INLINE float float_of_bits(std::uint32_t bits) {
  return __builtin_bit_cast(float, bits);
}

struct Bfloat16 {
  using Wide = float;
  static constexpr std::size_t kBytes = 2;
  static constexpr bool kIsWide = false;
  EVENTCODEC_INLINE static float load(const std::uint8_t* p) {
    return float_of_bits(static_cast<std::uint32_t>(load_le<std::uint16_t>(p)) << 16);
  }
};

struct Float16 {
  using Wide = float;
  static constexpr std::size_t kBytes = 2;
  static constexpr bool kIsWide = false;
  EVENTCODEC_INLINE static float load(const std::uint8_t* p) {
    const std::uint32_t half = load_le<std::uint16_t>(p);
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t magnitude = (half & 0x7fffu) << 13;
    // Exponents are rebiased from 15 to 127; infinity and NaN go on to 255. A subnormal is an
    // integer times 2^-24, made by arithmetic on normal numbers: a process that flushes denormals
    // (torch.set_flush_denormal) gets the same bits.
    const std::uint32_t rebias = (half & 0x7c00u) == 0x7c00u ? 224u << 23 : 112u << 23;
    const float tiny = static_cast<float>(static_cast<std::int32_t>(half & 0x3ffu)) * 0x1p-24f;
    const auto tiny_bits = __builtin_bit_cast(std::uint32_t, tiny);
    return float_of_bits(sign | ((half & 0x7c00u) == 0 ? tiny_bits : magnitude + rebias));
  }
};

// Calls f(Stored{}) with the way that `dtype` is stored.
template <class F>
EVENTCODEC_INLINE void with_stored(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::kBool:
      return f(Bool{});
    case Dtype::kInt8:
      return f(Plain<std::int8_t, float>{});
    case Dtype::kUint8:
      return f(Plain<std::uint8_t, float>{});
    case Dtype::kInt16:
      return f(Plain<std::int16_t, float>{});
    case Dtype::kUint16:
      return f(Plain<std::uint16_t, float>{});
    case Dtype::kInt32:
      return f(Plain<std::int32_t, double>{});
    case Dtype::kUint32:
      return f(Plain<std::uint32_t, double>{});
    case Dtype::kInt64:
      return f(Plain<std::int64_t, double>{});
    case Dtype::kUint64:
      return f(Plain<std::uint64_t, double>{});
    case Dtype::kFloat16:
      return f(Float16{});
    case Dtype::kBfloat16:
      return f(Bfloat16{});
    case Dtype::kFloat32:
      return f(Plain<float, float>{});
    case Dtype::kFloat64:
      return f(Plain<double, double>{});
  }
}

// Values are handled in blocks that stay in the first-level cache while they are widened, counted
// and summed. A sum has one addition a block and lane, which keeps its rounding error small.
inline constexpr std::size_t kBlock = 1024;

// Calls f(pointer, count) for every block of `values`, widened to Stored::Wide at any alignment.
template <class Stored, class F>
EVENTCODEC_INLINE void for_each_block(Values values, F&& f) {
  using Wide = typename Stored::Wide;
  for (std::size_t done = 0; done < values.count; done += kBlock) {
    const std::size_t left = values.count - done;
    const std::size_t n = left < kBlock ? left : kBlock;
    const std::uint8_t* p = values.data + done * Stored::kBytes;
    if constexpr (Stored::kIsWide) {
      f(p, n);
    } else {
      alignas(64) Wide wide[kBlock];
      std::size_t i = 0;
#if defined(__F16C__)
      if constexpr (std::is_same_v<Stored, Float16>) {
        for (; i + 8 <= n; i += 8) {
          short __attribute__((vector_size(16))) halves;
          std::memcpy(&halves, p + 2 * i, sizeof halves);
          const auto floats = __builtin_ia32_vcvtph2ps256(halves);
          std::memcpy(wide + i, &floats, sizeof floats);
        }
      }
#endif
      for (; i < n; ++i) wide[i] = Stored::load(p + i * Stored::kBytes);
      f(reinterpret_cast<const std::uint8_t*>(wide), n);
    }
  }
}

}  // namespace eventcodec::histogram
