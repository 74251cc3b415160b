// The checksums of a PNG against published vectors, and the kernels against each other.
#include "png/checksums.h"

#include "check.h"

namespace png = eventcodec::png;

TEST(crc32_vectors) {
  for (const auto& kernel : png::crc32_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    const auto of = [&](std::string_view text) {
      const eventcodec::ByteView bytes = eventcodec::as_bytes(text);
      return kernel.fn(0, bytes.data(), bytes.size());
    };
    CHECK_EQ(of("123456789"), 0xcbf43926u);  // the check value of CRC-32/ISO-HDLC
    CHECK_EQ(of("IEND"), 0xae426082u);       // stands at the end of every PNG file
    CHECK_EQ(of(""), 0u);
  }
}

TEST(crc32_kernels_agree) {
  check::Random random(7);
  const std::vector<std::uint8_t> data = random.bytes(5000);
  const auto portable = png::crc32_kernels().back().fn;
  for (const auto& kernel : png::crc32_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (std::size_t size = 0; size <= 600; ++size) {
      const std::uint8_t* from = data.data() + size % 64;
      const auto start = static_cast<std::uint32_t>(random.next());
      if (!CHECK_EQ(kernel.fn(start, from, size), portable(start, from, size))) return;
    }
    CHECK_EQ(kernel.fn(0, data.data(), data.size()), portable(0, data.data(), data.size()));
    const std::uint32_t head = kernel.fn(0, data.data(), 777);
    CHECK_EQ(kernel.fn(head, data.data() + 777, data.size() - 777),
             kernel.fn(0, data.data(), data.size()));
  }
}

TEST(adler32_vectors) {
  for (const auto& kernel : png::adler32_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    const eventcodec::ByteView text = eventcodec::as_bytes("Wikipedia");
    CHECK_EQ(kernel.fn(png::kAdlerStart, text.data(), text.size()), 0x11e60398u);
    CHECK_EQ(kernel.fn(png::kAdlerStart, text.data(), 0), 1u);
  }
}

// The definition of RFC 1950, one byte at a time, on the bytes that overflow soonest; and joined of
// two parts.
TEST(adler32_of_long_input) {
  check::Random random(8);
  const auto by_definition = [](eventcodec::ByteView data) {
    std::uint32_t plain = 1;
    std::uint32_t weighted = 0;
    for (const std::uint8_t byte : data) {
      plain = (plain + byte) % 65521;
      weighted = (weighted + plain) % 65521;
    }
    return (weighted << 16) | plain;
  };
  for (const std::vector<std::uint8_t>& data :
       {std::vector<std::uint8_t>(170000, 0xff), random.bytes(70001)}) {
    const eventcodec::ByteView all = data;
    const std::uint32_t want = by_definition(all);
    for (const auto& kernel : png::adler32_kernels()) {
      if (!eventcodec::cpu::has(kernel.required)) continue;
      CHECK_EQ(kernel.fn(png::kAdlerStart, all.data(), all.size()), want);
      for (std::size_t size = 0; size < 1200; ++size) {
        const eventcodec::ByteView part = all.subspan(size % 67, size);
        if (!CHECK_EQ(kernel.fn(1, part.data(), size), by_definition(part))) return;
      }
    }
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{66000}, all.size()}) {
      const std::uint32_t a = by_definition(all.first(cut));
      const std::uint32_t b = by_definition(all.subspan(cut));
      CHECK_EQ(png::adler32_join(a, b, all.size() - cut), want);
    }
  }
}
