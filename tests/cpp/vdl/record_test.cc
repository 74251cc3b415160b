// One VisualDL record: golden bytes written by visualdl 2.5.3 (see cpp/FORMAT.md), what is refused,
// lengths that lie.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/buffer.h"
#include "base/utf8.h"
#include "check.h"
#include "vdl/decode_histogram.h"
#include "vdl/encode.h"
#include "vdl/plain_scalar.h"
#include "vdl/resync.h"
#include "vdl/unframe.h"
#include "wire/write.h"

using eventcodec::as_bytes;
using eventcodec::as_text;
using eventcodec::Buffer;
using eventcodec::ByteView;
using eventcodec::is_utf8;
namespace record = eventcodec::record;
namespace vdl = eventcodec::vdl;
namespace wire = eventcodec::wire;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Kind = vdl::Unframed::Kind;

const Bytes kScalar = {0x15, 0,    0,    0,    0,    0,   0,   0,    0x0a, 0x13,
                       0x08, 0x03, 0x12, 0x03, 's',  '/', 'x', 0x18, 0xfa, 0xd1,
                       0x95, 0xff, 0xbc, 0x31, 0x25, 0,   0,   0,    0x3f};
const Bytes kMeta = {0x20, 0,    0,    0,    0,    0,    0,    0,    0x0a, 0x1e,
                     0x12, 0x0d, 'm',  'e',  't',  'a',  '_',  'd',  'a',  't',
                     'a',  '_',  't',  'a',  'g',  0x18, 0xfa, 0xd1, 0x95, 0xff,
                     0xbc, 0x31, 0x52, 0x06, 0x0a, 0x04, 'd',  'i',  's',  'p'};
constexpr std::int64_t kTimestamp = 1700000000250;

template <class Put>
Bytes record_of(std::size_t bound, Put&& put) {
  Bytes bytes(bound + vdl::kOverheadBytes);
  std::uint8_t* const payload = bytes.data() + vdl::kLengthBytes;
  std::uint8_t* const end =
      vdl::seal(bytes.data(), static_cast<std::size_t>(put(payload) - payload));
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

Bytes message_record(std::uint32_t field, ByteView message, std::string_view tag = "t") {
  return record_of(vdl::message_bound(tag.size(), message.size()), [&](std::uint8_t* p) {
    return vdl::put_message(p, {kTimestamp, 1}, tag, field, message);
  });
}

bool decodes(const Bytes& record) {
  vdl::ValueView value;
  return vdl::decode_record(ByteView(record).subspan(vdl::kLengthBytes), &value);
}

TEST(writes_what_visualdl_writes) {
  CHECK_EQ(record_of(vdl::scalar_bound(3),
                     [](std::uint8_t* p) {
                       return vdl::put_scalar(p, {kTimestamp, 3}, "s/x", 0.5F);
                     }) == kScalar,
           true);
  CHECK_EQ(record_of(vdl::meta_bound(4),
                     [](std::uint8_t* p) { return vdl::put_meta(p, kTimestamp, "disp"); }) == kMeta,
           true);
}

TEST(reads_what_visualdl_writes) {
  const vdl::Unframed scalar = vdl::unframe(kScalar, record::Last::kYes);
  CHECK(scalar.kind == Kind::kRecord);
  CHECK_EQ(scalar.bytes, kScalar.size());
  CHECK_EQ(scalar.value.step, 3);
  CHECK_EQ(scalar.value.timestamp, kTimestamp);
  CHECK_EQ(as_text(scalar.value.tag), "s/x");
  CHECK_EQ(scalar.value.number, 0.5F);
  const vdl::Unframed meta = vdl::unframe(kMeta, record::Last::kYes);
  CHECK(meta.value.component == vdl::Component::kMetaData);
  CHECK_EQ(as_text(vdl::text_of(meta.value.body)), "disp");
  CHECK_EQ(vdl::wall_time_of(kTimestamp), 1700000000.25);
  CHECK_EQ(vdl::wall_time_of(1595923424), 1595923424.0);  // old files have seconds
}

TEST(every_scalar_comes_back) {
  check::Random random(1);
  for (int i = 0; i != 20000; ++i) {
    const auto step = static_cast<std::int64_t>(random.next() >> random.below(64));
    const auto timestamp = static_cast<std::int64_t>(random.next() >> random.below(64));
    const auto bits = static_cast<std::uint32_t>(random.next());
    const std::string tag(1 + random.below(300), 'a');
    const std::string sub(random.below(3), 'b');
    const float number = random.below(9) == 0 ? 0.0F : std::bit_cast<float>(bits);
    const bool one = random.below(2) == 0;
    const Bytes bytes =
        record_of(vdl::tag_value_bound(tag.size(), sub.size()), [&](std::uint8_t* p) {
          return one ? vdl::put_scalar(p, {timestamp, step}, tag, number)
                     : vdl::put_tag_value(p, {timestamp, step}, tag, sub, number);
        });
    const vdl::Unframed found = vdl::unframe(bytes, record::Last::kYes);
    CHECK(found.kind == Kind::kRecord);
    CHECK_EQ(found.value.step, step);
    CHECK_EQ(found.value.timestamp, timestamp);
    CHECK_EQ(as_text(found.value.tag), tag);
    CHECK_EQ(std::bit_cast<std::uint32_t>(found.value.number),
             std::bit_cast<std::uint32_t>(number));
    CHECK_EQ(as_text(found.value.sub_tag), one ? "" : sub);
  }
}

// Of any bytes, the quick way reads what unframe reads of them or nothing, and it reads all that a
// writer writes of short scalars.
TEST(the_quick_way_reads_what_unframe_reads) {
  check::Random random(2);
  std::size_t changed_and_read = 0;
  for (int i = 0; i != 200000; ++i) {
    const auto step = static_cast<std::int64_t>(random.next() >> random.below(64));
    const auto timestamp = static_cast<std::int64_t>(random.next() >> random.below(64));
    const std::string tag(1 + random.below(random.below(2) == 0 ? 20 : 140), 'a');
    const auto number = static_cast<float>(random.below(9));
    Bytes bytes = record_of(vdl::scalar_bound(tag.size()), [&](std::uint8_t* p) {
      return vdl::put_scalar(p, {timestamp, step}, tag, number);
    });
    const std::size_t whole = bytes.size();
    const bool changed = random.below(2) == 0;
    if (changed) bytes[random.below(whole)] = static_cast<std::uint8_t>(random.next());
    bytes.insert(bytes.end(), kScalar.begin(), kScalar.end());
    const std::size_t two = bytes.size();
    bytes.resize(two + vdl::kMaxPlainBytes);
    const vdl::Unframed want = vdl::unframe(ByteView(bytes).first(two), record::Last::kYes);
    const vdl::PlainScalar got = vdl::read_plain_scalar(bytes.data(), tag);
    if (!changed) {
      const bool plain = whole <= vdl::kMaxPlainBytes && timestamp != 0;
      CHECK_EQ(got.bytes, plain ? whole : 0);
    }
    if (got.bytes == 0) continue;
    changed_and_read += changed;
    CHECK(want.kind == Kind::kRecord);
    CHECK(want.value.component == vdl::Component::kScalar);
    CHECK_EQ(want.bytes, got.bytes);
    CHECK_EQ(as_text(want.value.tag), tag);
    CHECK_EQ(want.value.step, got.step);
    CHECK_EQ(want.value.timestamp, got.timestamp);
    CHECK_EQ(std::bit_cast<std::uint32_t>(want.value.number),
             std::bit_cast<std::uint32_t>(got.number));
  }
  CHECK(changed_and_read > 1000);
}

TEST(refuses_what_no_writer_writes) {
  CHECK(decodes(message_record(vdl::kImage, as_bytes({"\x22\x02PN", 4}))));
  CHECK(!decodes(message_record(vdl::kImage, as_bytes({"\x22\x03PN", 4}))));   // beyond the end
  CHECK(!decodes(message_record(vdl::kImage, as_bytes({"\x2a\x02PN", 4}))));   // no such field
  CHECK(!decodes(message_record(vdl::kText, as_bytes({"\x0a\x01\xff", 3}))));  // not UTF-8
  CHECK(!decodes(message_record(vdl::kText, as_bytes({"\x0a\x01t", 3}), "\xff")));
  CHECK(!decodes(message_record(vdl::kHistogram, as_bytes({"\x0a\x07"
                                                           "1234567",
                                                           9}))));
  CHECK(decodes(message_record(vdl::kHistogram, as_bytes({"\x0a\x08"
                                                          "12345678",
                                                          10}))));
  CHECK(!decodes(message_record(vdl::kPrCurve, as_bytes({"\x0a\x02\x80\x80", 4}))));
  CHECK(!decodes(message_record(15, as_bytes("?"))));
  CHECK(!decodes(message_record(vdl::kText, {}, "")));  // no tag
  Bytes bare = {0x07, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0x05, 0x08, 0x01, 0x12, 0x01, 't'};
  CHECK(!decodes(bare));  // no value
  Bytes twice = {0x0f, 0,    0,   0,   0,   0, 0,    0,   0x0a, 0x0d, 0x12, 0x01,
                 't',  0x25, 'n', 'u', 'm', 1, 0x25, 'n', 'u',  'm',  2};
  CHECK(!decodes(twice));
}

TEST(lengths_are_never_believed) {
  Buffer two;
  CHECK(two.append(kScalar) && two.append(kScalar));
  for (std::size_t byte = 0; byte != 10; ++byte) {
    for (unsigned bit = 0; bit != 8; ++bit) {
      Bytes bytes(two.data(), two.data() + two.size());
      bytes[byte] = static_cast<std::uint8_t>(bytes[byte] ^ (1u << bit));
      CHECK(vdl::unframe(bytes, record::Last::kYes).kind == Kind::kDamage);
    }
  }
  // Any first bytes of a record say no more than that there may be one.
  for (std::size_t size = 0; size != kScalar.size(); ++size) {
    const vdl::Unframed found = vdl::unframe(ByteView(kScalar).first(size), record::Last::kYes);
    CHECK(found.kind == Kind::kNeedMore);
    CHECK(found.bytes > size);
  }
}

TEST(utf8_is_that_of_rfc_3629) {
  for (const char* text : {"", "plain ascii of some length", "\u00e9", "\u4e2d", "\U0001f600",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(as_bytes(text)));
  }
  for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3",
                           "\xe4\xb8", "\xf0\x9f\x98", "\xc3(", "eight by\xff"}) {
    CHECK(!is_utf8(as_bytes(text)));
  }
}

TEST(histograms_have_one_edge_more_than_counts) {
  const auto message = [](const std::vector<double>& hist, const std::vector<double>& edges) {
    Bytes bytes(8 * (hist.size() + edges.size()) + 32);
    const auto packed = [](const std::vector<double>& numbers) {
      return ByteView(reinterpret_cast<const std::uint8_t*>(numbers.data()), 8 * numbers.size());
    };
    std::uint8_t* p = wire::put_bytes_field(bytes.data(), vdl::kHist, packed(hist));
    p = wire::put_bytes_field(p, vdl::kBinEdges, packed(edges));
    bytes.resize(static_cast<std::size_t>(p - bytes.data()));
    return bytes;
  };
  eventcodec::event::HistogramData found;
  CHECK(vdl::decode_histogram(message({3, 4}, {-1, 0, 2}), &found));
  CHECK(std::ranges::equal(found.left, std::vector<double>{-1, 0}));
  CHECK(std::ranges::equal(found.right, std::vector<double>{0, 2}));
  CHECK(std::ranges::equal(found.counts, std::vector<double>{3, 4}));
  CHECK_EQ(found.num, 7.0);
  CHECK(std::isnan(found.sum));
  for (const auto& edges : {std::vector<double>{}, {1}, {1, 2}, {1, 2, 3, 4}}) {
    eventcodec::event::HistogramData wrong;
    CHECK(!vdl::decode_histogram(message({3, 4}, edges), &wrong));
  }
}

TEST(a_search_finds_the_first_record) {
  check::Random random(7);
  for (int i = 0; i != 200; ++i) {
    Bytes bytes = random.bytes(random.below(3000));
    const std::size_t at = bytes.size();
    bytes.insert(bytes.end(), kScalar.begin(), kScalar.end());
    bytes.insert(bytes.end(), kMeta.begin(), kMeta.end());
    std::uint64_t budget = 4 * bytes.size();
    const record::Found found = vdl::find_record(bytes, 0, record::Last::kYes, &budget);
    CHECK(found.kind == record::Found::Kind::kRecord);
    CHECK_EQ(found.offset, at);
  }
}

TEST(forged_headers_do_not_make_a_search_slow) {
  // Each position claims a record up to the end, full of fields.
  Bytes bytes(std::size_t{1} << 20, 0x0a);
  for (std::size_t at = 0; at + 64 < bytes.size(); at += 16) {
    const std::uint64_t length = bytes.size() - at - vdl::kLengthBytes;
    eventcodec::store_le(bytes.data() + at, length);
    bytes[at + 8] = 0x0a;
    wire::put_varint(bytes.data() + at + 9, length - 1 - wire::varint_bytes(length - 4));
  }
  std::uint64_t budget = record::kCrcBudgetPerByte * bytes.size();
  CHECK(vdl::find_record(bytes, 0, record::Last::kYes, &budget).kind ==
        record::Found::Kind::kNeedMore);
}

}  // namespace
