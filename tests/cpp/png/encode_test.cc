// Files against bytes laid out by hand from the specification, and bounds; that decoders agree is
// tested from Python.
#include "png/encode.h"

#include <algorithm>
#include <memory>

#include "check.h"
#include "png/deflate.h"
#include "png/filter.h"
#include "png/runs.h"
#include "png/same_bits.h"
#include "png/token_writer.h"

namespace png = eventcodec::png;
using eventcodec::Buffer;

namespace {

png::Pixels pixels_of(const std::vector<std::uint8_t>& data, std::size_t height, std::size_t width,
                      std::size_t channels) {
  const auto pixel = static_cast<std::ptrdiff_t>(channels);
  const auto row = static_cast<std::ptrdiff_t>(width) * pixel;
  return {.data = data.data(),
          .scalar = png::Scalar::kUint8,
          .depth = 8,
          .count = 1,
          .height = height,
          .width = width,
          .channels = channels,
          .count_stride = 0,
          .row_stride = row,
          .column_stride = pixel,
          .channel_stride = 1,
          .columns = 1};
}

}  // namespace

// One grey pixel of value 7. CRCs and Adler-32 by Python's zlib.
TEST(stored_file_of_one_pixel) {
  const std::vector<std::uint8_t> want = {
      0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n',                         // signature
      0,    0,    0,    13,   'I',  'H',  'D',  'R',                          //
      0,    0,    0,    1,    0,    0,    0,    1,    8,   0,   0,   0,   0,  // 1 x 1, grey, 8 bits
      0x3a, 0x7e, 0x9b, 0x55,                                                 //
      0,    0,    0,    13,   'I',  'D',  'A',  'T',                          //
      0x78, 0x01,                                                             // zlib
      1,    2,    0,    0xfd, 0xff, 0,    7,                                  // last, stored: 0 7
      0,    9,    0,    8,                                                    // Adler-32
      0,    0,    0,    0,    0,    0,    0,    0,    'I', 'E', 'N', 'D',     //
      0xae, 0x42, 0x60, 0x82};
  const std::vector<std::uint8_t> data = {7};
  Buffer out;
  REQUIRE(png::encode(pixels_of(data, 1, 1, 1), png::Level::kStored, 1, out).ok());
  REQUIRE(out.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const bool idat_crc = i >= 54 && i < 58;  // covers its neighbours, which are compared
    if (!idat_crc && !CHECK_EQ(out.data()[i], want[i])) return;
  }
}

TEST(noise_is_stored) {
  check::Random random(3);
  for (const std::size_t side : {std::size_t{1}, std::size_t{100}, std::size_t{700}}) {
    const std::vector<std::uint8_t> data = random.bytes(side * side * 3);
    Buffer out;
    REQUIRE(png::encode(pixels_of(data, side, side, 3), png::Level::kFast, 1, out).ok());
    const std::size_t raw = side * (1 + side * 3);
    const std::size_t blocks = raw / png::kMaxBlock + 1;
    // Signature, IHDR, one IDAT, IEND, zlib's header and sum; a block more for each kMaxBlock.
    CHECK(out.size() <= png::stored_bytes(raw) + blocks * 16 + 8 + 25 + 12 + 12 + 6);
  }
}

TEST(bad_sizes_are_refused) {
  const std::vector<std::uint8_t> data(64);
  const png::Pixels good = pixels_of(data, 4, 4, 4);
  const auto refused = [&](auto change) {
    png::Pixels bad = good;
    change(bad);
    Buffer out;
    const bool kept = out.append(eventcodec::as_bytes("kept"));
    const eventcodec::Status status = png::encode(bad, png::Level::kFast, 1, out);
    return kept && out.size() == 4 && !status.ok() &&
           status.error().code == eventcodec::Errc::kInvalidArgument;
  };
  CHECK(png::check(good).ok());
  CHECK(refused([](png::Pixels& p) { p.channels = 0; }));
  CHECK(refused([](png::Pixels& p) { p.channels = 5; }));
  CHECK(refused([](png::Pixels& p) { p.width = 0; }));
  CHECK(refused([](png::Pixels& p) { p.height = 0; }));
  CHECK(refused([](png::Pixels& p) { p.count = 0; }));
  CHECK(refused([](png::Pixels& p) { p.columns = 0; }));
  CHECK(refused([](png::Pixels& p) { p.depth = 16; }));
  CHECK(refused([](png::Pixels& p) { p.width = std::size_t{1} << 31; }));
  CHECK(refused([](png::Pixels& p) { p.height = SIZE_MAX; }));
  CHECK(refused([](png::Pixels& p) { p.count = std::size_t{1} << 30; }));
  CHECK(refused([](png::Pixels& p) { p.columns = std::size_t{1} << 30; }));
}

// A picture whose memory cannot be had: 2^31 - 1 rows of 8 GiB, from one byte.
TEST(memory_is_asked_for_not_assumed) {
  const std::vector<std::uint8_t> data(1);
  png::Pixels huge = pixels_of(data, png::kMaxSide, png::kMaxSide, 4);
  huge.row_stride = huge.column_stride = huge.channel_stride = 0;
  CHECK(png::check(huge).ok());
  Buffer out;
  const eventcodec::Status status = png::scanlines(huge, false, out);
  CHECK(!status.ok() && status.error().code == eventcodec::Errc::kOutOfMemory);
  CHECK_EQ(out.size(), std::size_t{0});
}

// The predictor as PNG's specification words it (section 9.4).
static int paeth_by_definition(int a, int b, int c) {
  const int p = a + b - c;
  const int pa = std::abs(p - a);
  const int pb = std::abs(p - b);
  const int pc = std::abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// Every (left, up, corner) goes through the Paeth filter of every kernel.
TEST(paeth_of_all_triples) {
  for (const auto& kernel : png::filter_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    constexpr std::size_t kSize = 512;
    std::vector<std::uint8_t> memory((kSize + 2 * png::kRowPadding) * (2 + png::kFilters));
    std::uint8_t* at[2 + png::kFilters];
    for (std::size_t i = 0; i < 2 + png::kFilters; ++i) {
      at[i] = memory.data() + png::kRowPadding + i * (kSize + 2 * png::kRowPadding);
    }
    int wrong = 0;
    for (int left = 0; left < 256; ++left) {
      for (int corner = 0; corner < 256; ++corner) {
        // Pairs of pixels: the first holds `left` under `corner`, the second 0 under each `up`.
        for (std::size_t up = 0; up < 256; ++up) {
          at[0][2 * up] = static_cast<std::uint8_t>(left);
          at[1][2 * up] = static_cast<std::uint8_t>(corner);
          at[1][2 * up + 1] = static_cast<std::uint8_t>(up);
        }
        std::uint64_t costs[png::kFilters];
        kernel.fn(at[0], at[1], kSize, 1, at + 2, costs);
        for (int up = 0; up < 256; ++up) {
          const auto got = at[2 + png::kPaeth][2 * up + 1];
          wrong += got != static_cast<std::uint8_t>(-paeth_by_definition(left, up, corner));
        }
      }
    }
    CHECK_EQ(wrong, 0);
  }
}

TEST(filter_kernels_agree) {
  check::Random random(5);
  const auto portable = png::filter_kernels().back().fn;
  for (const auto& kernel : png::filter_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (std::size_t size = 1; size < 400; size += 1 + size / 40) {
      for (std::size_t distance = 1; distance <= 8; ++distance) {
        const std::size_t slot = size + 2 * png::kRowPadding;
        std::vector<std::uint8_t> rows(2 * slot);
        std::vector<std::uint8_t> results(2 * png::kFilters * slot);
        std::uint8_t* got[png::kFilters];
        std::uint8_t* want[png::kFilters];
        for (std::size_t f = 0; f < png::kFilters; ++f) {
          got[f] = results.data() + 2 * f * slot + png::kRowPadding;
          want[f] = got[f] + slot;
        }
        std::uint8_t* row = rows.data() + png::kRowPadding;
        for (std::size_t i = 0; i < size; ++i) {
          row[i] = static_cast<std::uint8_t>(random.next() >> 56);
          row[slot + i] = static_cast<std::uint8_t>(random.next() >> 56);
        }
        std::uint64_t costs[png::kFilters];
        std::uint64_t want_costs[png::kFilters];
        kernel.fn(row, row + slot, size, distance, got, costs);
        portable(row, row + slot, size, distance, want, want_costs);
        for (std::size_t f = 0; f < png::kFilters; ++f) {
          CHECK_EQ(costs[f], want_costs[f]);
          CHECK(std::equal(got[f], got[f] + size, want[f]));
        }
      }
    }
  }
}

// Marks of equal neighbours by definition, at every alignment of the end.
TEST(same_bits_kernels_agree) {
  check::Random random(9);
  for (const auto& kernel : png::same_bits_kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (std::size_t count = 0; count < 9; ++count) {
      std::vector<std::uint8_t> data(1 + 64 * count);
      for (std::uint8_t& byte : data) byte = random.below(3) == 0 ? 0x80 : 0;
      std::vector<std::uint64_t> words(count);
      kernel.fn(data.data() + 1, count, words.data());
      for (std::size_t i = 0; i < 64 * count; ++i) {
        CHECK_EQ((words[i / 64] >> (i % 64)) & 1, std::uint64_t{data[i + 1] == data[i]});
      }
    }
  }
}

// Runs are found wherever they begin and end, and cover the block.
TEST(runs_of_every_length_at_every_place) {
  const auto finder = std::make_unique<png::RunFinder>();
  const auto tokens = std::make_unique<png::Tokens>();
  for (std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{65}, std::size_t{200}}) {
    for (std::size_t begin = 0; begin < size; ++begin) {
      for (std::size_t end = begin + 1; end <= size; ++end) {
        std::vector<std::uint8_t> data(size);
        for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(1 + i % 2);
        std::fill(data.begin() + static_cast<std::ptrdiff_t>(begin),
                  data.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{7});
        finder->tokenize(data, *tokens);
        std::size_t covered = 0;
        std::size_t repeated = 0;
        for (const png::Token& token : tokens->view()) {
          covered += token.literals + token.length;
          repeated += token.length;
          if (token.length != 0) CHECK(covered == end && token.distance == 1);
        }
        if (!CHECK_EQ(covered, size)) return;
        // The first byte of a run is a literal.
        const std::size_t run = end - begin - 1;
        if (!CHECK_EQ(repeated, run >= png::Tokens::kShortest ? run : 0)) return;
      }
    }
  }
}

// Every kernel writes the bits of the portable one: all lengths of literals and repeats, codes that
// are short and codes of every length up to the limit, any number of waiting bits.
TEST(token_writers_agree) {
  check::Random random(10);
  const auto portable = png::token_writer_kernels().back().fn;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint8_t> data(3000);
    const unsigned skew = static_cast<unsigned>(random.below(8));
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random.next() >> (56 + skew));
    std::vector<png::Token> tokens;
    for (std::size_t at = 0; at < data.size();) {
      const auto literals = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(random.below(round % 2 == 0 ? 200 : 12), data.size() - at));
      at += literals;
      const auto length = static_cast<std::uint16_t>(std::min<std::uint64_t>(
          at == 0 ? 0 : 3 + random.below(256), data.size() - at >= 3 ? data.size() - at : 0));
      const auto distance =
          static_cast<std::uint16_t>(1 + random.below(std::min<std::uint64_t>(at, 32768) + 1));
      tokens.push_back({literals, length, distance});
      at += length;
      if (length == 0 && at != 0) break;
    }
    const auto codes = std::make_unique<png::BlockCodes>();
    png::BlockCode code;
    code.choose(data, tokens, false);
    code.fill(*codes);
    std::vector<std::uint8_t> want(8000);
    const unsigned waiting = static_cast<unsigned>(random.below(8));
    const std::uint64_t bits = random.below(std::uint64_t{1} << waiting);
    png::BitWriter portable_writer(want.data(), bits, waiting);
    portable(data.data(), tokens.data(), tokens.size(), *codes, &portable_writer);
    for (const auto& kernel : png::token_writer_kernels()) {
      if (!eventcodec::cpu::has(kernel.required)) continue;
      std::vector<std::uint8_t> got(8000);
      png::BitWriter writer(got.data(), bits, waiting);
      kernel.fn(data.data(), tokens.data(), tokens.size(), *codes, &writer);
      CHECK_EQ(writer.end() - got.data(), portable_writer.end() - want.data());
      CHECK_EQ(writer.bits(), portable_writer.bits());
      CHECK_EQ(writer.count(), portable_writer.count());
      CHECK(std::equal(got.data(), writer.end(), want.data()));
    }
  }
}

// A picture in bands has the chunks of one zlib stream; a thread less makes the same file.
TEST(bands_are_a_choice_of_threads) {
  check::Random random(12);
  const std::vector<std::uint8_t> data = random.bytes(1200 * 1000 * 3);
  Buffer one;
  Buffer two;
  Buffer many;
  REQUIRE(png::encode(pixels_of(data, 1200, 1000, 3), png::Level::kFast, 1, one).ok());
  REQUIRE(png::encode(pixels_of(data, 1200, 1000, 3), png::Level::kFast, 2, two).ok());
  REQUIRE(png::encode(pixels_of(data, 1200, 1000, 3), png::Level::kFast, 100, many).ok());
  CHECK(one.size() < two.size() && two.size() < many.size());
  CHECK(many.size() < one.size() + 400);
  // Too small for a second thread.
  Buffer small;
  Buffer small_too;
  REQUIRE(png::encode(pixels_of(data, 100, 1000, 3), png::Level::kFast, 1, small).ok());
  REQUIRE(png::encode(pixels_of(data, 100, 1000, 3), png::Level::kFast, 8, small_too).ok());
  CHECK(std::ranges::equal(small.view(), small_too.view()));
}
