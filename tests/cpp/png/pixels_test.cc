// Every kernel that reads pixels gives the bytes of the portable one, whose rule Python tests
// compare with torch's.
#include "png/pixels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "check.h"
#include "png/pixel_kernels.h"

namespace png = eventcodec::png;
using png::Scalar;

namespace {

struct Kind {
  Scalar scalar;
  std::ptrdiff_t bytes;
  unsigned depth;
};

constexpr std::array kKinds = {
    Kind{Scalar::kBool, 1, 8},    Kind{Scalar::kUint8, 1, 8},   Kind{Scalar::kInt8, 1, 8},
    Kind{Scalar::kUint16, 2, 8},  Kind{Scalar::kUint16, 2, 16}, Kind{Scalar::kInt16, 2, 8},
    Kind{Scalar::kUint32, 4, 8},  Kind{Scalar::kInt32, 4, 8},   Kind{Scalar::kUint64, 8, 8},
    Kind{Scalar::kInt64, 8, 8},   Kind{Scalar::kFloat16, 2, 8}, Kind{Scalar::kFloat32, 4, 8},
    Kind{Scalar::kFloat64, 8, 8},
};

enum class Layout { kPixels, kPlanes, kOneForAll, kBackwards };

// One row of pixels that begins `*first` bytes into its memory.
png::Pixels row_of(const Kind& kind, Layout layout, std::size_t width, std::size_t channels,
                   std::ptrdiff_t* first) {
  const auto columns = static_cast<std::ptrdiff_t>(width);
  const auto each = static_cast<std::ptrdiff_t>(channels);
  png::Pixels pixels{};
  pixels.scalar = kind.scalar;
  pixels.depth = kind.depth;
  pixels.count = pixels.height = pixels.columns = 1;
  pixels.width = width;
  pixels.channels = channels;
  const bool planes = layout == Layout::kPlanes;
  pixels.column_stride = planes ? kind.bytes : kind.bytes * each;
  pixels.channel_stride = planes ? kind.bytes * columns : kind.bytes;
  if (layout == Layout::kOneForAll) pixels.channel_stride = 0;
  *first = 0;
  if (layout == Layout::kBackwards) {
    *first = (columns - 1) * pixels.column_stride;
    pixels.column_stride = -pixels.column_stride;
  }
  return pixels;
}

// Values at the ends of the range and between, and bits that are no number.
void fill(std::vector<std::uint8_t>& memory, const Kind& kind, check::Random& random) {
  for (std::uint8_t& byte : memory) byte = static_cast<std::uint8_t>(random.next() >> 56);
  if (kind.scalar != Scalar::kFloat32) return;
  constexpr std::array<float, 8> kEdges = {0.0f, -0.0f, 1.0f,       0.5f,
                                           2.0f, -1.0f, 1.0f / 255, 254.99999f / 255};
  for (std::size_t at = 0; at + 4 <= memory.size(); at += 4) {
    const auto pick = random.below(4);
    const float between = static_cast<float>(random.below(1 << 20)) / (1 << 20);
    if (pick == 0) std::memcpy(&memory[at], &kEdges[random.below(kEdges.size())], 4);
    if (pick < 3 && pick != 0) std::memcpy(&memory[at], &between, 4);
  }
}

}  // namespace

TEST(pixel_kernels_agree) {
  check::Random random(11);
  const auto portable = png::pixels_kernels().back().fn;
  for (const auto& kernel : png::pixels_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (const Kind& kind : kKinds) {
      for (const Layout layout :
           {Layout::kPixels, Layout::kPlanes, Layout::kOneForAll, Layout::kBackwards}) {
        for (std::size_t channels = 1; channels <= 4; ++channels) {
          for (const std::size_t width : {1, 2, 15, 16, 17, 31, 33, 63, 65, 130, 513, 1030}) {
            std::ptrdiff_t first = 0;
            const png::Pixels pixels = row_of(kind, layout, width, channels, &first);
            const auto bytes = static_cast<std::size_t>(kind.bytes) * width * channels;
            std::vector<std::uint8_t> memory(bytes + 1);
            fill(memory, kind, random);
            const std::uint8_t* from = memory.data() + 1 + first;  // no alignment is promised
            std::vector<std::uint8_t> got(width * pixels.pixel_bytes() + 1, 0xa5);
            std::vector<std::uint8_t> want = got;
            kernel.fn(pixels)(pixels, from, got.data());
            portable(pixels)(pixels, from, want.data());
            CHECK(got == want);
            CHECK_EQ(got.back(), 0xa5);
          }
        }
      }
    }
  }
}
