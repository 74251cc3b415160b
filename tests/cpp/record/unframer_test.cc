// Taking files apart: at any chunking, cut anywhere, damaged anywhere.
#include "record/unframer.h"

#include <algorithm>
#include <chrono>

#include "check.h"
#include "crc32c/crc32c.h"
#include "record/frame.h"

namespace record = eventcodec::record;
using eventcodec::Buffer;
using eventcodec::ByteView;
using record::DamageKind;
using record::Last;
using record::Unframed;
using record::Unframer;
using Bytes = std::vector<std::uint8_t>;

namespace {

struct File {
  Bytes bytes;
  std::vector<Bytes> payloads;
  std::vector<std::size_t> ends;  // of each record
};

File make_file(check::Random& random, int records, std::size_t largest) {
  File file;
  Buffer out;
  for (int i = 0; i < records; ++i) {
    file.payloads.push_back(random.bytes(random.below(largest + 1)));
    CHECK(record::frame(file.payloads.back(), out));
    file.ends.push_back(out.size());
  }
  file.bytes.assign(out.data(), out.data() + out.size());
  return file;
}

struct Salvaged {
  std::vector<Bytes> payloads;
  std::vector<Unframer::Region> regions;
  std::uint64_t covered = 0;  // bytes in records and regions
  std::size_t pending = 0;
};

// Reads a whole file in salvage mode, in chunks of `chunk` bytes.
Salvaged salvage(ByteView file, std::size_t chunk) {
  Salvaged result;
  Unframer unframer(record::Verify::kYes);
  std::size_t read = 0;
  for (;;) {
    const Unframed found = unframer.next();
    if (found.kind == Unframed::Kind::kRecord) {
      result.payloads.emplace_back(found.payload.begin(), found.payload.end());
      result.covered += found.bytes;
      continue;
    }
    const bool last = read == file.size();
    if (found.kind == Unframed::Kind::kDamage) {
      const Unframer::Skipped skipped = unframer.skip(last ? Last::kYes : Last::kNo);
      if (skipped.complete || last) {
        result.regions.push_back(skipped.region);
        result.covered += skipped.region.length;
      }
      if (skipped.complete) continue;
    }
    if (last) break;
    const std::size_t size = std::min(chunk, file.size() - read);
    CHECK(unframer.append(file.subspan(read, size)));
    read += size;
  }
  result.pending = unframer.pending();
  return result;
}

}  // namespace

TEST(any_chunking_gives_the_records) {
  check::Random random(31);
  const File file = make_file(random, 60, 200);
  for (std::size_t chunk = 1; chunk < 400; ++chunk) {
    const Salvaged got = salvage(file.bytes, chunk);
    CHECK(got.payloads == file.payloads);
    CHECK(got.regions.empty());
    CHECK_EQ(got.pending, 0u);
  }
}

TEST(a_cut_file_gives_the_whole_records_before_the_cut) {
  check::Random random(32);
  const File file = make_file(random, 40, 90);
  for (std::size_t cut = 0; cut <= file.bytes.size(); ++cut) {
    std::size_t whole = 0;
    while (whole < file.ends.size() && file.ends[whole] <= cut) ++whole;
    const Salvaged got = salvage(ByteView(file.bytes).first(cut), 64);
    CHECK_EQ(got.payloads.size(), whole);
    CHECK(got.regions.empty());
    CHECK_EQ(got.pending, cut - (whole == 0 ? 0 : file.ends[whole - 1]));
  }
}

// One flipped bit costs exactly the record that it is in.
TEST(a_flipped_bit_costs_one_record) {
  check::Random random(33);
  const File file = make_file(random, 12, 60);
  for (std::size_t bit = 0; bit < file.bytes.size() * 8; ++bit) {
    Bytes bytes = file.bytes;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    std::size_t hit = 0;
    while (file.ends[hit] <= bit / 8) ++hit;
    std::vector<Bytes> want = file.payloads;
    want.erase(want.begin() + static_cast<std::ptrdiff_t>(hit));
    const Salvaged got = salvage(bytes, 37);
    CHECK(got.payloads == want);
    REQUIRE(got.regions.size() == 1);
    const std::size_t begin = hit == 0 ? 0 : file.ends[hit - 1];
    CHECK_EQ(got.regions[0].offset, begin);
    // In the last record nothing follows, so its last bytes wait for more.
    CHECK_EQ(got.regions[0].length + got.pending, file.ends[hit] - begin);
  }
}

TEST(inserted_and_removed_bytes) {
  check::Random random(34);
  const File file = make_file(random, 50, 80);
  for (int round = 0; round < 3000; ++round) {
    Bytes bytes = file.bytes;
    const std::size_t at = random.below(bytes.size());
    std::size_t first = 0;  // the first record that is not whole
    while (file.ends[first] <= at) ++first;
    std::size_t after = first + 1;  // the first that is whole again
    const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    if (round % 2 == 0) {
      const Bytes noise = random.bytes(1 + random.below(300));
      bytes.insert(position, noise.begin(), noise.end());
      if (at == (first == 0 ? 0 : file.ends[first - 1])) after = first;
    } else {
      const std::size_t count = std::min(1 + random.below(300), bytes.size() - at);
      bytes.erase(position, position + static_cast<std::ptrdiff_t>(count));
      const std::size_t begin = first == 0 ? 0 : file.ends[first - 1];
      while (after < file.ends.size() && file.ends[after - 1] < at + count) ++after;
      if (at == begin && file.ends[after - 1] == at + count) continue;  // whole records are gone
    }
    std::vector<Bytes> want(file.payloads.begin(),
                            file.payloads.begin() + static_cast<std::ptrdiff_t>(first));
    want.insert(want.end(), file.payloads.begin() + static_cast<std::ptrdiff_t>(after),
                file.payloads.end());
    const Salvaged got = salvage(bytes, 1 + random.below(500));
    CHECK(got.payloads == want);
    CHECK_EQ(got.covered + got.pending, bytes.size());
  }
}

TEST(garbage_and_zeros_before_between_and_after) {
  check::Random random(35);
  const File file = make_file(random, 5, 80);
  Bytes bytes(5000);  // zeros
  const Bytes noise = random.bytes(5000);
  for (const Bytes& part : {file.bytes, noise, file.bytes, Bytes(777), file.bytes}) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  const Salvaged got = salvage(bytes, 1000);
  CHECK_EQ(got.payloads.size(), 15u);
  CHECK_EQ(got.regions.size(), 3u);
  CHECK_EQ(got.covered, bytes.size());
}

TEST(a_tail_of_zeros_is_blank_until_something_else_follows) {
  check::Random random(36);
  const File file = make_file(random, 3, 50);
  Unframer unframer(record::Verify::kYes);
  REQUIRE(unframer.append(file.bytes));
  while (unframer.next().kind == Unframed::Kind::kRecord) {
  }
  REQUIRE(unframer.append(Bytes(4096)));
  Unframer::Skipped skipped = unframer.skip(Last::kYes);
  CHECK(!skipped.complete);
  CHECK(skipped.blank);
  CHECK_EQ(skipped.region.offset, file.bytes.size());
  REQUIRE(unframer.append(file.bytes));
  skipped = unframer.skip(Last::kYes);
  CHECK(skipped.complete);
  CHECK(!skipped.blank);
  CHECK_EQ(skipped.region.length, 4096u);
  CHECK(unframer.next().kind == Unframed::Kind::kRecord);
}

TEST(a_length_over_the_limit_is_damage) {
  Bytes bytes(record::kHeaderBytes);
  eventcodec::store_le(bytes.data(), std::uint64_t{1} << 62);
  Buffer eight;
  REQUIRE(record::frame({}, eight));
  eventcodec::store_le(bytes.data() + 8, eventcodec::crc32c::mask(
                                             eventcodec::crc32c::value(ByteView(bytes).first(8))));
  const Unframed found = record::unframe(bytes, record::Verify::kYes);
  CHECK(found.kind == Unframed::Kind::kDamage);
  CHECK(found.damage == DamageKind::kTooLarge);
  bytes.insert(bytes.end(), eight.data(), eight.data() + eight.size());
  const Salvaged got = salvage(bytes, 5);
  CHECK_EQ(got.payloads.size(), 1u);
  CHECK_EQ(got.regions.size(), 1u);
}

// Forged headers, each claiming a payload up to near the end: the search must stay linear.
static double seconds_to_search(std::size_t size) {
  Bytes bytes(size, 1);
  for (std::size_t at = 64; at + 64 < size; at += 12) {
    std::uint8_t* p = bytes.data() + at;
    eventcodec::store_le<std::uint64_t>(p, size - at - 32);
    eventcodec::store_le(p + 8,
                         eventcodec::crc32c::mask(eventcodec::crc32c::value(ByteView(p, 8))));
  }
  // A forged header is followed by another, which would make it believable: break every second.
  for (std::size_t at = 64 + 12; at + 64 < size; at += 24) bytes[at + 8] ^= 1;
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t budget = record::kCrcBudgetPerByte * size;
  record::find_record(bytes, 1, Last::kYes, &budget);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(forged_headers_cost_linear_time) {
  CHECK(seconds_to_search(8 << 20) < 2.0);  // quadratic would be 350,000 checksums of 4 MB
}

TEST(zeros_after_garbage_are_not_blank) {
  Unframer unframer(record::Verify::kYes);
  REQUIRE(unframer.append(Bytes(100, 1)));
  CHECK(!unframer.skip(Last::kNo).complete);
  REQUIRE(unframer.append(Bytes(4096)));
  CHECK(!unframer.skip(Last::kYes).blank);
  REQUIRE(unframer.append(Bytes(4096)));
  CHECK(!unframer.skip(Last::kYes).blank);
}

// The last record of a file has no successor, but it ends where the file ends.
TEST(a_last_record_with_a_wrong_payload_is_still_a_record) {
  check::Random random(37);
  File file = make_file(random, 3, 50);
  file.bytes[file.ends[0]] ^= 1;           // the second record's header
  file.bytes[file.bytes.size() - 1] ^= 1;  // the third record's footer
  const Salvaged got = salvage(file.bytes, 1 << 20);
  CHECK_EQ(got.payloads.size(), 1u);
  REQUIRE(got.regions.size() == 2);
  CHECK_EQ(got.regions[1].offset, file.ends[1]);
  CHECK_EQ(got.covered, file.bytes.size());
}

// Whatever bytes stand before a record, zero or not, and whichever of its length's bytes are zero,
// the search does not step over it.
TEST(found_after_any_pattern_of_zeros) {
  for (const std::size_t payload : {5u, 300u, 70000u, 1u << 24}) {
    Buffer out;
    REQUIRE(record::frame(Bytes(payload, 1), out));
    Bytes bytes(12);
    bytes.insert(bytes.end(), out.data(), out.data() + out.size());
    for (unsigned pattern = 0; pattern < 4096; ++pattern) {
      for (unsigned i = 0; i < 12; ++i) bytes[i] = (pattern >> i) & 1 ? 0xee : 0;
      for (std::size_t from = 0; from <= 12; ++from) {
        std::uint64_t budget = 0;
        const record::Found found = record::find_record(bytes, from, Last::kYes, &budget);
        CHECK(found.kind == record::Found::Kind::kRecord);
        CHECK_EQ(found.offset, 12u);
      }
    }
  }
}

TEST(records_inside_an_intact_record_stay_inside) {
  check::Random random(39);
  const File inner = make_file(random, 20, 50);
  Buffer out;
  for (int i = 0; i < 3; ++i) REQUIRE(record::frame(inner.bytes, out));
  Bytes bytes(out.data(), out.data() + out.size());
  // A damaged header still tells where the record ends, by its length or by the checksum of it.
  for (std::size_t bit = 0; bit != 8 * record::kHeaderBytes; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    for (const std::size_t chunk : {1u, 700u, 1u << 20}) {
      const Salvaged got = salvage(bytes, chunk);
      CHECK_EQ(got.payloads.size(), 2u);
      REQUIRE(got.regions.size() == 1);
      CHECK_EQ(got.regions[0].length, inner.bytes.size() + record::kOverheadBytes);
    }
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
  }
  bytes[0] ^= 0x10;
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(inner.bytes.size()));
  const Salvaged cut = salvage(bytes, 700);
  REQUIRE(cut.payloads.size() >= 2);
  CHECK(cut.payloads.back() == inner.bytes);
}
