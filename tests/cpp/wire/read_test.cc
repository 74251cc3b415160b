// The field reader on well-formed, odd and hostile bytes.
#include "wire/read.h"

#include "check.h"

using eventcodec::ByteView;
using eventcodec::wire::Field;
using eventcodec::wire::FieldReader;
using eventcodec::wire::tag;
using eventcodec::wire::Type;

namespace {

bool walks(const std::vector<std::uint8_t>& bytes, int* count) {
  FieldReader reader{ByteView(bytes)};
  Field field;
  *count = 0;
  while (reader.next(&field)) ++*count;
  return reader.ok();
}

}  // namespace

// Vectors of protobuf.dev/programming-guides/encoding: 150 and "testing".
TEST(published_vectors) {
  const std::vector<std::uint8_t> bytes = {0x08, 0x96, 0x01, 0x12, 0x07, 0x74,
                                           0x65, 0x73, 0x74, 0x69, 0x6e, 0x67};
  FieldReader reader{ByteView(bytes)};
  Field field;
  REQUIRE(reader.next(&field));
  CHECK_EQ(field.key, tag(1, Type::kVarint));
  CHECK_EQ(field.bits, 150u);
  REQUIRE(reader.next(&field));
  CHECK_EQ(field.key, tag(2, Type::kBytes));
  CHECK_EQ(eventcodec::as_text(field.bytes), "testing");
  CHECK(!reader.next(&field));
  CHECK(reader.ok());
}

TEST(varints_end_after_ten_bytes) {
  std::vector<std::uint8_t> bytes = {0x08};
  bytes.insert(bytes.end(), 9, 0xff);
  bytes.push_back(0x01);
  FieldReader reader{ByteView(bytes)};
  Field field;
  REQUIRE(reader.next(&field));
  CHECK_EQ(field.bits, ~std::uint64_t{0});
  int count = 0;
  bytes.back() = 0x02;  // the 65th bit
  CHECK(!walks(bytes, &count));
  bytes.back() = 0x81;
  bytes.push_back(0x00);
  CHECK(!walks(bytes, &count));
}

TEST(groups_are_passed_over) {
  int count = 0;
  // group 20 { 1: 5; group 2 { 3: "x" } } 1: 7
  CHECK(
      walks({0xa3, 0x01, 0x08, 0x05, 0x13, 0x1a, 0x01, 'x', 0x14, 0xa4, 0x01, 0x08, 0x07}, &count));
  CHECK_EQ(count, 1);
  CHECK(!walks({0x0b, 0x14}, &count));  // ends another group
  CHECK(!walks({0x0b}, &count));        // never ends
  CHECK(!walks({0x0c}, &count));        // never began
  std::vector<std::uint8_t> deep(eventcodec::wire::kMaxGroupDepth, 0x0b);
  deep.insert(deep.end(), deep.size(), 0x0c);
  CHECK(walks(deep, &count));
  deep.insert(deep.begin(), 0x0b);
  deep.push_back(0x0c);
  CHECK(!walks(deep, &count));
}

TEST(what_is_no_field) {
  int count = 0;
  CHECK(!walks({0x00, 0x00}, &count));                          // field number 0
  CHECK(!walks({0x0e, 0x00}, &count));                          // wire type 6
  CHECK(!walks({0x0f, 0x00}, &count));                          // wire type 7
  CHECK(!walks({0x09, 1, 2, 3, 4, 5, 6, 7}, &count));           // fixed64 cut short
  CHECK(!walks({0x0d, 1, 2, 3}, &count));                       // fixed32 cut short
  CHECK(!walks({0x0a, 0x02, 0x00}, &count));                    // bytes cut short
  CHECK(!walks({0x88, 0x80, 0x80, 0x80, 0x10, 0x00}, &count));  // a key over 32 bits
  CHECK(!walks({0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, &count));
}

TEST(random_bytes_never_read_outside) {
  check::Random random(1);  // seed 1; the sanitizers watch
  int count = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::vector<std::uint8_t> bytes = random.bytes(random.below(40));
    (void)walks(bytes, &count);
  }
  CHECK(count >= 0);
}

TEST(packed_fields) {
  const std::vector<std::uint8_t> varints = {0x01, 0x96, 0x01, 0x00};
  std::uint64_t sum = 0;
  CHECK(eventcodec::wire::for_each_packed_varint(ByteView(varints),
                                                 [&](std::uint64_t bits) { sum += bits; }));
  CHECK_EQ(sum, 151u);
  const std::vector<std::uint8_t> cut = {0x01, 0x96};
  CHECK(!eventcodec::wire::for_each_packed_varint(ByteView(cut), [](std::uint64_t) {}));
}
