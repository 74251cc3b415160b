// Events, tensors and histograms taken apart. Bytes are those that tensorboard's writers make;
// the Python tests compare many more with tensorboard's own messages.
#include "event/decode.h"

#include <bit>
#include <cmath>

#include "base/buffer.h"
#include "check.h"
#include "event/decode_histogram.h"
#include "event/decode_tensor.h"
#include "wire/write.h"

using eventcodec::as_bytes;
using eventcodec::as_text;
using eventcodec::ByteView;
namespace event = eventcodec::event;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes field(std::uint32_t number, const Bytes& content) {
  Bytes out(content.size() + 20);
  std::uint8_t* end = eventcodec::wire::put_bytes_field(out.data(), number, content);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

std::vector<std::string> tags_of(const Bytes& payload, bool* ok) {
  std::vector<std::string> tags;
  event::EventView view;
  event::Joined joined;
  *ok = event::decode_event(payload, &view);
  if (view.what != event::What::kSummaryOfValues) return tags;
  *ok = *ok && event::for_each_value(view, [&](ByteView bytes) {
    event::ValueView value;
    if (!event::decode_value(bytes, joined, &value)) return false;
    tags.emplace_back(as_text(value.tag));
    return true;
  });
  return tags;
}

Bytes summary(std::string_view tag) { return field(5, field(1, field(1, text(tag)))); }

}  // namespace

TEST(last_of_repeated_fields_wins) {
  const Bytes payload = {0x10, 0x01, 0x10, 0x07};
  event::EventView view;
  CHECK(event::decode_event(payload, &view));
  CHECK_EQ(view.step, 7);
}

TEST(summaries_merge_until_another_member_is_set) {
  bool ok = false;
  CHECK(tags_of(summary("a") + summary("b"), &ok) == std::vector<std::string>({"a", "b"}));
  CHECK(ok);
  const Bytes graph = field(4, text("g"));
  CHECK(tags_of(summary("a") + graph + summary("b"), &ok) == std::vector<std::string>({"b"}));
  CHECK(tags_of(summary("a") + graph, &ok).empty());
}

TEST(every_prefix_is_malformed_or_shorter) {
  const Bytes payload = Bytes({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0x05}) + summary("tag");
  bool ok = false;
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const Bytes cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(tags_of(cut, &ok).empty());
    CHECK_EQ(ok, size == 0 || size == 9 || size == 11);
  }
}

TEST(metadata_in_pieces) {
  const Bytes plugin = field(1, field(1, text("scalars")));
  const Bytes name = field(2, text("shown"));
  event::Joined joined;
  event::ValueView value;
  CHECK(event::decode_value(field(9, plugin) + field(9, name), joined, &value));
  CHECK_EQ(as_text(value.plugin), "scalars");
  CHECK_EQ(as_text(value.display_name), "shown");
}

TEST(payload_in_pieces) {
  event::Joined joined;
  event::ValueView value;
  CHECK(event::decode_value(field(8, {0x08, 0x02}) + field(8, {0x38, 0x05}), joined, &value));
  CHECK_EQ(value.body.size(), 4u);
  CHECK(event::decode_value(field(8, {0x08, 0x02}) + field(4, {0x08, 0x05}), joined, &value));
  CHECK_EQ(value.body.size(), 2u);  // another member of the oneof clears the first
}

TEST(shape_products_do_not_overflow) {
  Bytes dims;
  for (int i = 0; i < 3; ++i) {
    dims = dims + field(2, {0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01});  // 2**35
  }
  event::TensorShape shape;
  CHECK(!event::decode_tensor_shape(field(2, dims), &shape));
  Bytes negative = {0x08};
  negative.insert(negative.end(), 9, 0xff);
  negative.push_back(0x01);
  shape = {};
  CHECK(!event::decode_tensor_shape(field(2, field(2, negative)), &shape));
}

TEST(short_forms_of_tensors) {
  // int32[4] with one value: all four; with none: zeros.
  const Bytes shape = field(2, field(2, {0x08, 0x04}));
  const Bytes dtype = {0x08, event::kInt32};
  event::TensorShape found;
  std::vector<double> numbers;
  CHECK(event::decode_tensor_numbers(dtype + shape + Bytes({0x38, 0x09}), &found, &numbers));
  CHECK(numbers == std::vector<double>({9, 9, 9, 9}));
  numbers.clear();
  found = {};
  CHECK(event::decode_tensor_numbers(dtype + shape, &found, &numbers));
  CHECK(numbers == std::vector<double>({0, 0, 0, 0}));
  numbers.clear();
  found = {};
  const Bytes five = field(7, {1, 2, 3, 4, 5});
  CHECK(!event::decode_tensor_numbers(dtype + shape + five, &found, &numbers));
}

TEST(half_precision) {
  CHECK_EQ(event::half_to_double(0x3c00), 1.0);
  CHECK_EQ(event::half_to_double(0xfbff), -65504.0);
  CHECK_EQ(event::half_to_double(0x0001), std::ldexp(1.0, -24));
  CHECK_EQ(event::half_to_double(0x7c00), HUGE_VAL);
  CHECK(std::isnan(event::half_to_double(0x7e00)));
  CHECK(std::signbit(event::half_to_double(0x8000)));
}

TEST(histograms_of_unequal_columns_are_malformed) {
  const Bytes limits = field(6, Bytes(16));
  const Bytes counts = field(7, Bytes(8));
  event::HistogramData data;
  CHECK(!event::decode_histogram_proto(limits + counts, &data));
  data = {};
  CHECK(!event::decode_histogram_proto(field(6, Bytes(9)), &data));
}

TEST(random_bytes_never_read_outside) {
  check::Random random(2);  // seed 2; the sanitizers watch
  bool ok = false;
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = random.bytes(random.below(60));
    if (bytes.size() > 4) bytes[0] = 0x2a, bytes[1] = static_cast<std::uint8_t>(bytes.size() - 2);
    if (bytes.size() > 4) bytes[2] = 0x0a, bytes[3] = static_cast<std::uint8_t>(bytes.size() - 4);
    (void)tags_of(bytes, &ok);
    event::TensorShape shape;
    std::vector<double> numbers;
    if (!bytes.empty()) bytes[0] = 0x08;
    (void)event::decode_tensor_numbers(bytes, &shape, &numbers);
    event::HistogramData data;
    (void)event::decode_histogram_proto(bytes, &data);
  }
  CHECK(ok || !ok);
}
