// encode_histogram_test.cc - the size that is reserved is the size that is written.
#include "event/encode_histogram.h"

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "check.h"

namespace {

using namespace eventcodec;

std::vector<std::uint8_t> encode(std::string_view tag, const event::HistogramFields& fields) {
  std::vector<std::uint8_t> bytes(event::histogram_summary_bytes(tag, fields));
  const std::uint8_t* end = event::put_histogram_summary(bytes.data(), tag, fields);
  CHECK_EQ(static_cast<std::size_t>(end - bytes.data()), bytes.size());
  return bytes;
}

TEST(every_size_is_exact) {
  const std::vector<double> numbers(5000, 1.0);
  for (const std::size_t tag : {0, 1, 127, 128, 20000}) {
    for (const std::size_t limits : {1, 2, 15, 16, 17, 2047, 2048, 2049, 5000}) {
      const auto all = std::span(numbers).first(limits);
      encode(std::string(tag, 'x'), {{1, 2, 3, 4, 5}, all, all});
      encode(std::string(tag, 'x'), {{0, 2, -0.0, 0, 0}, all, all.first(limits - 1)});
    }
  }
}

TEST(nothing_is_stored_of_nothing) {
  const std::vector<std::uint8_t> want = {0x0a, 0x02, 0x2a, 0x00};
  CHECK(encode("", {{0, 0, 0, 0, 0}, {}, {}}) == want);
}

TEST(the_left_edge_has_the_count_zero) {
  const std::array<double, 2> limits = {1.0, 2.0};
  const std::array<double, 1> counts = {7.0};
  const std::vector<std::uint8_t> bytes = encode("w", {{0, 0, 0, 0, 0}, limits, counts});
  REQUIRE(bytes.size() > 16);
  CHECK_EQ(load_le<double>(bytes.data() + bytes.size() - 16), 0.0);
  CHECK_EQ(load_le<double>(bytes.data() + bytes.size() - 8), 7.0);
}

}  // namespace
