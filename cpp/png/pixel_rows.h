// pixel_rows.h - the body of every kernel of pixel_kernels.h: conversion to samples, fused with the
// interleaving of channels. Included in one file for one instruction set, it uses no function that
// a linker could take from another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "png/format.h"
#include "png/pixel_kernels.h"
#include "png/pixels.h"

namespace eventcodec::png {
namespace {

// Samples of one channel that are converted before they are interleaved: they stay in the cache.
constexpr std::size_t kRun = 512;

struct Half {
  std::uint16_t bits;
};

// A 16-bit sample, taken as it is; PNG stores the high byte first.
struct Deep {
  std::uint16_t value;
};

EVENTCODEC_INLINE std::uint8_t to_sample(float value) {
  const float scaled = value * 255.0f;
  // Written so that NaN fails the first comparison.
  const float clipped = scaled > 0.0f ? (scaled < 255.0f ? scaled : 255.0f) : 0.0f;
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(clipped));
}
EVENTCODEC_INLINE std::uint8_t to_sample(double value) {
  return to_sample(static_cast<float>(value));
}
EVENTCODEC_INLINE std::uint8_t to_sample(Half half) {
  constexpr std::uint16_t kInfinity = 0x7c00;
  constexpr std::uint32_t kTwoTo112 = (127 + 112) << 23;  // from exponent bias 15 to 127
  const auto widened = static_cast<std::uint32_t>(half.bits & 0x7fff) << (23 - 10);
  const std::uint8_t sample =
      to_sample(__builtin_bit_cast(float, widened) * __builtin_bit_cast(float, kTwoTo112));
  // Above +infinity stand NaN and, with the sign bit set, everything negative.
  return half.bits <= kInfinity ? sample : std::uint8_t{0};
}
EVENTCODEC_INLINE std::uint8_t to_sample(std::uint8_t value) { return value; }
EVENTCODEC_INLINE std::uint8_t to_sample(bool value) { return value ? 255 : 0; }
// Whole numbers other than bytes are scaled too: 1 and more saturate.
template <class T>
  requires(T(1) / 2 == T(0))
EVENTCODEC_INLINE std::uint8_t to_sample(T value) {
  return value > 0 ? 255 : 0;
}
EVENTCODEC_INLINE std::uint16_t to_sample(Deep deep) {
  return static_cast<std::uint16_t>((deep.value << 8) | (deep.value >> 8));
}

template <class T>
EVENTCODEC_INLINE T load(const std::uint8_t* p) {
  if constexpr (__is_same(T, bool)) {
    return *p != 0;
  } else {
    return load_le<T>(p);
  }
}

template <class T>
using Sample = decltype(to_sample(T{}));

template <class T>
void convert(const std::uint8_t* from, std::ptrdiff_t stride, std::size_t count, Sample<T>* to) {
  if (stride == sizeof(T)) {  // known to the compiler here, so that it vectorises
    for (std::size_t i = 0; i < count; ++i) to[i] = to_sample(load<T>(from + i * sizeof(T)));
  } else {
    for (std::size_t i = 0; i < count; ++i, from += stride) to[i] = to_sample(load<T>(from));
  }
}

template <class S, std::size_t kChannels>
void interleave(const S (*planes)[kRun], std::size_t count, std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < kChannels; ++c) to = store_le(to, planes[c][i]);
  }
}

// Asks for the bytes that the next row has where this one has `bytes` from `from` on: rows often
// begin on a page of their own, which processors do not look ahead into. Behind the last row it
// asks in vain.
EVENTCODEC_INLINE void ask_for_next_row(const Pixels& pixels, const std::uint8_t* from,
                                        std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const auto next =
      reinterpret_cast<std::uintptr_t>(from) + static_cast<std::uintptr_t>(pixels.row_stride);
  for (std::size_t i = 0; i < bytes; i += kLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(next + i), 0, 2);
  }
}

// Reads `width` pixels of one image's row.
template <class T>
void read_pixels(const Pixels& pixels, const std::uint8_t* from, std::uint8_t* to) {
  using S = Sample<T>;
  S planes[kMaxChannels][kRun];
  const auto size = static_cast<std::ptrdiff_t>(sizeof(T));
  const auto channels = static_cast<std::ptrdiff_t>(pixels.channels);
  const bool interleaved =
      pixels.column_stride == size * channels && (channels == 1 || pixels.channel_stride == size);
  if constexpr (__is_same(T, std::uint8_t)) {
    if (interleaved) {
      ask_for_next_row(pixels, from, pixels.width * pixels.channels);
      __builtin_memcpy(to, from, pixels.width * pixels.channels);
      return;
    }
  }
  const std::size_t pixel_bytes = pixels.channels * sizeof(S);
  const std::size_t run = interleaved ? kRun / pixels.channels : kRun;
  for (std::size_t x = 0; x < pixels.width; x += run) {
    const std::size_t count = pixels.width - x < run ? pixels.width - x : run;
    const std::uint8_t* first = from + static_cast<std::ptrdiff_t>(x) * pixels.column_stride;
    std::uint8_t* out = to + x * pixel_bytes;
    if (interleaved) {
      ask_for_next_row(pixels, first, count * pixels.channels * sizeof(T));
      convert<T>(first, size, count * pixels.channels, planes[0]);
      __builtin_memcpy(out, planes[0], count * pixel_bytes);
      continue;
    }
    for (std::size_t c = 0; c < pixels.channels; ++c) {
      if (c != 0 && pixels.channel_stride == 0) {
        __builtin_memcpy(planes[c], planes[0], count * sizeof(S));
        continue;
      }
      const std::uint8_t* plane = first + static_cast<std::ptrdiff_t>(c) * pixels.channel_stride;
      if (pixels.column_stride == size) ask_for_next_row(pixels, plane, count * sizeof(T));
      convert<T>(plane, pixels.column_stride, count, planes[c]);
    }
    switch (pixels.channels) {
      case 1:
        interleave<S, 1>(planes, count, out);
        break;
      case 2:
        interleave<S, 2>(planes, count, out);
        break;
      case 3:
        interleave<S, 3>(planes, count, out);
        break;
      default:
        interleave<S, 4>(planes, count, out);
    }
  }
}

PixelsFn reader_of(const Pixels& pixels) {
  switch (pixels.scalar) {
    case Scalar::kBool:
      return read_pixels<bool>;
    case Scalar::kUint8:
      return read_pixels<std::uint8_t>;
    case Scalar::kInt8:
      return read_pixels<std::int8_t>;
    case Scalar::kUint16:
      return pixels.depth == 16 ? read_pixels<Deep> : read_pixels<std::uint16_t>;
    case Scalar::kInt16:
      return read_pixels<std::int16_t>;
    case Scalar::kUint32:
      return read_pixels<std::uint32_t>;
    case Scalar::kInt32:
      return read_pixels<std::int32_t>;
    case Scalar::kUint64:
      return read_pixels<std::uint64_t>;
    case Scalar::kInt64:
      return read_pixels<std::int64_t>;
    case Scalar::kFloat16:
      return read_pixels<Half>;
    case Scalar::kFloat32:
      return read_pixels<float>;
    case Scalar::kFloat64:
      return read_pixels<double>;
  }
  return nullptr;
}

}  // namespace
}  // namespace eventcodec::png
