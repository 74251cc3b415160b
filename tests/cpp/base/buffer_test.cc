// The growable output of encoders.
#include "base/buffer.h"

#include "check.h"

using eventcodec::Buffer;
using eventcodec::ByteView;

TEST(an_empty_buffer_has_no_bytes) {
  Buffer buffer;
  CHECK_EQ(buffer.size(), 0u);
  CHECK(buffer.view().empty());
  CHECK(buffer.append({}));
  CHECK_EQ(buffer.size(), 0u);
  buffer.drop_front(0);
}

TEST(appended_bytes_stay_in_order) {
  check::Random random(11);
  Buffer buffer;
  std::vector<std::uint8_t> want;
  for (int round = 0; round < 2000; ++round) {
    const auto chunk = random.bytes(random.below(300));
    REQUIRE(buffer.append(chunk));
    want.insert(want.end(), chunk.begin(), chunk.end());
    const std::size_t drop = random.below(want.size() + 1) / 2;
    buffer.drop_front(drop);
    want.erase(want.begin(), want.begin() + static_cast<std::ptrdiff_t>(drop));
    REQUIRE(buffer.size() == want.size());
    CHECK(want.empty() || std::memcmp(buffer.data(), want.data(), want.size()) == 0);
  }
}

TEST(reserve_does_not_change_the_size) {
  Buffer buffer;
  std::uint8_t* end = buffer.reserve(10);
  REQUIRE(end != nullptr);
  CHECK_EQ(buffer.size(), 0u);
  end[0] = 7;
  buffer.commit(1);
  CHECK_EQ(buffer.size(), 1u);
  CHECK_EQ(buffer.data()[0], std::uint8_t{7});
  buffer.clear();
  CHECK_EQ(buffer.size(), 0u);
}

TEST(what_cannot_be_had_is_refused) {
  Buffer buffer;
  REQUIRE(buffer.append(eventcodec::as_bytes("kept")));
  CHECK(buffer.reserve(SIZE_MAX) == nullptr);
  CHECK(buffer.reserve(SIZE_MAX / 2) == nullptr);
  CHECK_EQ(buffer.size(), 4u);
  CHECK(std::memcmp(buffer.data(), "kept", 4) == 0);
}
