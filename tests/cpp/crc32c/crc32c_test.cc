// Every kernel against the published vectors, a bitwise definition and the portable kernel.
#include "crc32c/crc32c.h"

#include "check.h"
#include "crc32c/portable.h"

namespace crc32c = eventcodec::crc32c;
using Bytes = std::vector<std::uint8_t>;
using Extend = eventcodec::Kernel<crc32c::ExtendFn>;

// Runs `test` for every kernel that this machine has, the portable one included.
template <class F>
static void for_each_kernel(F&& test) {
  int ran = 0;
  for (const Extend& kernel : crc32c::kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) {
      std::printf("not on this machine: %s\n", kernel.name);
      continue;
    }
    const int before = check::failures();
    test(kernel);
    if (check::failures() != before) std::fprintf(stderr, "  kernel %s\n", kernel.name);
    ++ran;
  }
  CHECK(ran > 0);
}

// The definition: one bit at a time, the polynomial 0x1edc6f41 reflected.
static std::uint32_t by_definition(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  crc = ~crc;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

// RFC 3720 appendix B.4 gives the CRC of each pattern of 32 bytes, and of a SCSI read command.
TEST(rfc3720_vectors) {
  std::uint8_t zeros[32] = {};
  std::uint8_t ones[32];
  std::uint8_t up[32];
  std::uint8_t down[32];
  for (std::uint8_t i = 0; i < 32; ++i) {
    ones[i] = 0xff;
    up[i] = i;
    down[i] = static_cast<std::uint8_t>(31 - i);
  }
  const std::uint8_t read_command[48] = {
      0x01, 0xc0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
      0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,    0};
  for_each_kernel([&](const Extend& kernel) {
    CHECK_EQ(kernel.fn(0, zeros, 32), 0x8a9136aau);
    CHECK_EQ(kernel.fn(0, ones, 32), 0x62a8ab43u);
    CHECK_EQ(kernel.fn(0, up, 32), 0x46dd794eu);
    CHECK_EQ(kernel.fn(0, down, 32), 0x113fdb5cu);
    CHECK_EQ(kernel.fn(0, read_command, 48), 0xd9963a56u);
    const eventcodec::ByteView digits = eventcodec::as_bytes("123456789");
    CHECK_EQ(kernel.fn(0, digits.data(), digits.size()), 0xe3069283u);
  });
}

TEST(portable_is_the_definition) {
  check::Random random(1);
  const Bytes data = random.bytes(400);
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const auto start = static_cast<std::uint32_t>(random.next());
    CHECK_EQ(crc32c::extend_portable(start, data.data(), size),
             by_definition(start, data.data(), size));
  }
}

TEST(short_lengths_at_every_offset) {
  for_each_kernel([](const Extend& kernel) {
    check::Random random(2);
    alignas(64) static std::uint8_t block[64 + 300];
    const Bytes data = random.bytes(sizeof block);
    std::memcpy(block, data.data(), sizeof block);
    for (std::size_t offset = 0; offset < 64; ++offset) {
      for (std::size_t size = 0; size <= 300; ++size) {
        const auto start = static_cast<std::uint32_t>(random.next());
        if (!CHECK_EQ(kernel.fn(start, block + offset, size),
                      crc32c::extend_portable(start, block + offset, size))) {
          std::fprintf(stderr, "  size %zu at offset %zu\n", size, offset);
          return;
        }
      }
    }
  });
}

// Sizes around every power of two and its multiples by three (the kernels' blocks are of such
// sizes or sums of them), in a buffer of exactly that size, so that a sanitizer sees an overrun.
TEST(block_edges) {
  for_each_kernel([](const Extend& kernel) {
    check::Random random(3);
    for (std::size_t edge = 64; edge <= 262144; edge *= 2) {
      for (const std::size_t base : {edge, edge * 3, edge * 3 / 2, edge * 5 / 4}) {
        for (std::size_t size = base - 9; size <= base + 9; ++size) {
          const Bytes data = random.bytes(size);
          if (!CHECK_EQ(kernel.fn(7, data.data(), size),
                        crc32c::extend_portable(7, data.data(), size))) {
            std::fprintf(stderr, "  size %zu\n", size);
            return;
          }
        }
      }
    }
  });
}

TEST(every_length_to_20000_by_extension) {
  check::Random random(4);
  const Bytes data = random.bytes(20000);
  Bytes grown;
  std::vector<std::uint32_t> want = {0};
  for (const std::uint8_t byte : data) {
    want.push_back(crc32c::extend_portable(want.back(), &byte, 1));
  }
  for_each_kernel([&](const Extend& kernel) {
    for (std::size_t size = 0; size <= data.size(); ++size) {
      if (!CHECK_EQ(kernel.fn(0, data.data(), size), want[size])) return;
    }
  });
}

TEST(random_megabytes) {
  for_each_kernel([](const Extend& kernel) {
    check::Random random(5);
    for (int round = 0; round < 12; ++round) {
      const Bytes data = random.bytes((1 << 20) + random.below(1 << 19));
      CHECK_EQ(kernel.fn(0, data.data(), data.size()),
               crc32c::extend_portable(0, data.data(), data.size()));
    }
  });
}

TEST(split_anywhere_and_extend) {
  for_each_kernel([](const Extend& kernel) {
    check::Random random(6);
    const Bytes data = random.bytes(200000);
    const std::uint32_t whole = kernel.fn(0, data.data(), data.size());
    for (int round = 0; round < 300; ++round) {
      const std::size_t a = random.below(data.size() + 1);
      const std::size_t b = a + random.below(data.size() - a + 1);
      std::uint32_t crc = kernel.fn(0, data.data(), a);
      crc = kernel.fn(crc, data.data() + a, b - a);
      CHECK_EQ(kernel.fn(crc, data.data() + b, data.size() - b), whole);
    }
  });
}

TEST(nothing_changes_nothing) {
  for_each_kernel([](const Extend& kernel) { CHECK_EQ(kernel.fn(0x1234u, nullptr, 0), 0x1234u); });
}

// The value that TensorFlow's record writer stores for no bytes at all.
TEST(masked_crc_of_nothing) { CHECK_EQ(crc32c::MaskedCrc::of({}).bits(), 0xa282ead8u); }

TEST(chosen_is_the_first_that_runs) {
  for (const Extend& kernel : crc32c::kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    CHECK_EQ(std::string_view(crc32c::chosen().name), std::string_view(kernel.name));
    break;
  }
}
