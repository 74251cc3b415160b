// Every record kernel against the portable one.
#include "check.h"
#include "crc32c/mask.h"
#include "record/format.h"
#include "record/kernels.h"

namespace record = eventcodec::record;
using record::Checked;

static bool same(const Checked& a, const Checked& b) {
  return a.outcome == b.outcome && a.got == b.got && a.want == b.want && a.length == b.length;
}

TEST(sealed_alike) {
  check::Random random(21);
  for (const auto& kernel : record::seal_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (std::size_t size = 0; size < 1200; ++size) {
      std::vector<std::uint8_t> got = random.bytes(size + record::kOverheadBytes);
      std::vector<std::uint8_t> want = got;
      CHECK(kernel.fn(got.data(), size) == got.data() + got.size());
      record::seal_portable(want.data(), size);
      if (got != want) check::fail(__FILE__, __LINE__, "size " + std::to_string(size));
    }
  }
}

// Whole, cut, and with one bit flipped, with and without checking the payload.
TEST(checked_alike) {
  check::Random random(22);
  for (const auto& kernel : record::check_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (int round = 0; round < 4000; ++round) {
      const std::size_t size = random.below(600);
      std::vector<std::uint8_t> bytes = random.bytes(size + record::kOverheadBytes);
      record::seal_portable(bytes.data(), size);
      if (round % 3 == 0)
        bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 << (round % 8));
      if (round % 3 == 1) bytes.resize(random.below(bytes.size()));
      for (const bool verify : {false, true}) {
        const Checked want = record::check_portable(bytes.data(), bytes.size(), verify);
        CHECK(same(kernel.fn(bytes.data(), bytes.size(), verify), want));
        if (round % 3 == 2) CHECK(want.outcome == Checked::Outcome::kRecord);
        if (round % 3 == 0 && verify) CHECK(want.outcome != Checked::Outcome::kRecord);
      }
    }
  }
}

// Lengths that no memory could hold, under a right checksum.
TEST(hostile_lengths_are_only_compared) {
  for (const auto& kernel : record::check_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (const std::uint64_t length :
         {std::uint64_t{0x7fffffff}, std::uint64_t{1} << 31, std::uint64_t{1} << 62,
          ~std::uint64_t{0}, ~std::uint64_t{0} - 15}) {
      std::uint8_t header[record::kHeaderBytes];
      eventcodec::store_le(header, length);
      eventcodec::store_le(header + 8, eventcodec::crc32c::mask(record::crc_of_long(header, 8)));
      const Checked checked = kernel.fn(header, sizeof header, true);
      CHECK(checked.outcome == (length > record::kMaxPayloadBytes ? Checked::Outcome::kTooLarge
                                                                  : Checked::Outcome::kUnfinished));
    }
  }
}
