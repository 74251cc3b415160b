// Records that have lost or gained bytes, and what follows them.
#include "record/shifted.h"

#include "check.h"
#include "record/format.h"
#include "record/frame.h"
#include "wire/format.h"

namespace record = eventcodec::record;
namespace wire = eventcodec::wire;
using eventcodec::Buffer;
using eventcodec::ByteView;
using record::Found;
using record::Last;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes framed(const Bytes& payload) {
  Buffer out;
  CHECK(record::frame(payload, out));
  return {out.data(), out.data() + out.size()};
}

Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
          bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

// A payload with an event file in a field, and other bytes before and behind it.
Bytes host_of(const Bytes& inner) {
  CHECK(inner.size() < 0x80);
  const auto key = static_cast<std::uint8_t>(wire::tag(8, wire::Type::kBytes));
  return join(
      {Bytes(20, 0xee), {key, static_cast<std::uint8_t>(inner.size())}, inner, Bytes(9, 0xdd)});
}

const Bytes kSmall = framed(Bytes(24, 0xaa));
const Bytes kOther = framed(Bytes(31, 0xbb));

// How many bytes of the record at the start of a whole file are to be skipped.
std::size_t skipped(const Bytes& file, std::size_t claimed) {
  std::uint64_t budget = 100 * file.size();
  const Found found = record::find_shifted(file, claimed, Last::kYes, &budget);
  CHECK(found.kind == Found::Kind::kRecord);
  // A reader that has only a part of the file asks for more until it says the same.
  for (std::size_t seen = record::kHeaderBytes; seen < file.size();) {
    budget = 100 * file.size();
    const Found early =
        record::find_shifted(ByteView(file).first(seen), claimed, Last::kNo, &budget);
    if (early.kind == Found::Kind::kRecord) {
      CHECK_EQ(early.offset, found.offset);
      break;
    }
    CHECK(early.offset > seen);
    seen = early.offset;
  }
  return found.offset;
}

}  // namespace

TEST(a_wrong_payload_costs_its_record) {
  Bytes record = framed(Bytes(100, 0xcc));
  record[50] ^= 1;
  for (const Bytes& behind : {Bytes{}, kSmall, Bytes(30), part(kSmall, 0, 5)}) {
    CHECK_EQ(skipped(join({record, behind}), record.size()), record.size());
  }
}

TEST(missing_bytes_cost_no_record_behind_them) {
  const Bytes record = framed(Bytes(200, 0xcc));
  for (std::size_t missing = 1; missing <= 188; ++missing) {
    const Bytes left = join({part(record, 0, 14), part(record, 14 + missing, 202)});
    for (std::size_t records = 1; records != 12; ++records) {
      Bytes file = left;
      for (std::size_t i = 0; i != records; ++i) {
        const Bytes& next = i % 2 == 0 ? kSmall : kOther;
        file.insert(file.end(), next.begin(), next.end());
      }
      CHECK_EQ(skipped(file, record.size()), left.size());
    }
  }
}

TEST(an_event_file_in_a_wrong_payload_stays_inside) {
  const Bytes inner = join({kSmall, kOther});
  const Bytes payload = host_of(inner);
  Bytes record = framed(payload);
  const std::size_t size = record.size();
  for (std::size_t at = record::kHeaderBytes; at != size; ++at) {
    record[at] ^= 0x10;
    for (const Bytes& behind : {Bytes{}, kSmall, Bytes(30), Bytes(5, 0x77), Bytes(300, 0x77)}) {
      CHECK_EQ(skipped(join({record, behind}), size), size);
    }
    record[at] ^= 0x10;
  }
  // Also where bytes were added, and its records reach beyond the end that the header claims.
  for (std::size_t at = record::kHeaderBytes; at <= size; ++at) {
    for (const std::size_t added : {1u, 4u, 10u, 40u, 70u}) {
      const Bytes longer = join({part(record, 0, at), Bytes(added, 0x55), part(record, at, size)});
      // Not where the added bytes hide the beginning of the event file.
      const std::size_t begins = record::kHeaderBytes + 21;
      if (at >= begins && at <= begins + record::kHeaderBytes) continue;
      CHECK_EQ(skipped(join({longer, kSmall, kOther, kSmall}), size), size);
    }
  }
}

TEST(behind_an_event_file_that_lost_bytes_records_are_found) {
  const Bytes inner = join({kSmall, kOther});
  const Bytes record = framed(host_of(inner));
  const Bytes left = join({part(record, 0, 60), part(record, 90, record.size())});
  Bytes file = left;
  for (int i = 0; i != 8; ++i) file = join({file, kSmall, kOther});
  CHECK_EQ(skipped(file, record.size()), left.size());
}

// Of a record of which the file has only a beginning, which may be all that is written yet.
TEST(an_unfinished_record_keeps_its_event_file) {
  const Bytes inner = join({kSmall, kOther});
  for (const Bytes& payload : {host_of(inner), join({inner, Bytes(40, 0x99)})}) {
    const Bytes record = framed(payload);
    for (std::size_t cut = record::kHeaderBytes; cut != record.size(); ++cut) {
      CHECK_EQ(skipped(part(record, 0, cut), record.size()), record.size());
    }
  }
}

TEST(behind_an_unfinished_record_that_lost_bytes_records_are_found) {
  const Bytes record = framed(Bytes(1000, 0xcc));
  for (std::size_t left = record::kHeaderBytes + 1; left < 800; ++left) {
    const Bytes file = join({part(record, 0, left), kSmall, kOther});
    CHECK_EQ(skipped(file, record.size()), left);
    // Nothing is certain while the last of them is unfinished, too.
    for (const std::size_t cut : {1u, 20u, 46u}) {
      CHECK_EQ(skipped(part(file, 0, file.size() - cut), record.size()), record.size());
    }
  }
}

// The second begins inside what the first claims, and neither ends where another record begins.
TEST(two_records_that_lost_bytes) {
  const Bytes record = framed(Bytes(150, 0xcc));
  const Bytes left = part(record, 0, 40);
  const Bytes file = join({left, kSmall, kOther, left, kSmall, kOther, kSmall, kOther, kSmall});
  CHECK_EQ(skipped(file, record.size()), left.size());
  // Nothing but bytes behind it: a header that just stands there is not enough.
  const Bytes lone = join({left, Bytes(20, 0x55), left, Bytes(400, 0x55)});
  CHECK_EQ(skipped(lone, record.size()), record.size());
}

TEST(what_is_read_is_paid_for) {
  const Bytes record = framed(Bytes(1000, 0xcc));
  const Bytes file = join({part(record, 0, 100), kSmall, kOther});
  std::uint64_t budget = 0;
  CHECK_EQ(record::find_shifted(file, record.size(), Last::kYes, &budget).offset, record.size());
  budget = 4 * file.size();
  CHECK_EQ(record::find_shifted(file, record.size(), Last::kYes, &budget).offset, 100u);
  CHECK(budget >= 2 * file.size() && budget < 4 * file.size());
}
