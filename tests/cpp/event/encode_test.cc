// Events against bytes that torch.utils.tensorboard 2.13 and tensorboardX 2.6.5 wrote; the wall
// time of every vector is 1.0 (00 00 00 00 00 00 f0 3f).
#include "event/encode.h"

#include <vector>

#include "base/buffer.h"
#include "check.h"
#include "event/encode_text.h"

namespace event = eventcodec::event;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes hex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

std::string show_hex(const Bytes& bytes) {
  std::string text;
  char two[4];
  for (const std::uint8_t byte : bytes) {
    std::snprintf(two, sizeof two, "%02x ", byte);
    text += two;
  }
  return text;
}

template <class Put>
Bytes written(Put&& put) {
  Bytes buffer(4096);
  std::uint8_t* end = put(buffer.data());
  buffer.resize(static_cast<std::size_t>(end - buffer.data()));
  return buffer;
}

void check_bytes(const Bytes& got, std::string_view want) {
  CHECK_EQ(show_hex(got), show_hex(hex(want)));
}

}  // namespace

TEST(scalar_with_step) {
  check_bytes(written([](auto* p) { return event::put_scalar(p, {1.0, 7}, "loss", 0.5f); }),
              "09 000000000000f03f 10 07 2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f");
}

TEST(scalar_at_step_zero_has_no_step_field) {
  check_bytes(written([](auto* p) { return event::put_scalar(p, {1.0, 0}, "loss", 0.5f); }),
              "09 000000000000f03f 2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f");
}

TEST(negative_step_takes_ten_bytes) {
  check_bytes(written([](auto* p) { return event::put_scalar(p, {1.0, -1}, "loss", 0.5f); }),
              "09 000000000000f03f 10 ffffffffffffffffff01 2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f");
}

TEST(zero_value_is_written_because_it_is_in_a_oneof) {
  check_bytes(written([](auto* p) { return event::put_scalar(p, {1.0, 0}, "loss", 0.0f); }),
              "09 000000000000f03f 2a 0d 0a 0b 0a 04 6c6f7373 15 00000000");
}

TEST(only_positive_zero_wall_time_is_omitted) {
  check_bytes(written([](auto* p) { return event::put_scalar(p, {0.0, 0}, "loss", 0.5f); }),
              "2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f");
  check_bytes(written([](auto* p) { return event::put_scalar(p, {-0.0, 0}, "loss", 0.5f); }),
              "09 0000000000000080 2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f");
}

TEST(new_style_scalar) {
  check_bytes(written([](auto* p) {
                return event::put_tensor_scalar(p, {1.0, 0}, "loss", 0.5,
                                                event::ScalarForm::kFloatTensor);
              }),
              "09 000000000000f03f 2a 1f 0a 1d 0a 04 6c6f7373 42 08 08 01 2a 04 0000003f "
              "4a 0b 0a 09 0a 07 7363616c617273");
}

TEST(double_precision_scalar) {
  check_bytes(written([](auto* p) {
                return event::put_tensor_scalar(p, {1.0, 0}, "loss", 0.5,
                                                event::ScalarForm::kDoubleTensor);
              }),
              "09 000000000000f03f 2a 23 0a 21 0a 04 6c6f7373 42 0c 08 02 32 08 000000000000e03f "
              "4a 0b 0a 09 0a 07 7363616c617273");
}

TEST(text) {
  eventcodec::Buffer out;
  REQUIRE(event::encode_text_summary("t", "hi", out));
  check_bytes(Bytes(out.data(), out.data() + out.size()),
              "0a 28 0a 0e 742f746578745f73756d6d617279 42 0c 08 07 12 04 12 02 08 01 42 02 6869 "
              "4a 08 0a 06 0a 04 74657874");
}

TEST(session_start) {
  check_bytes(written([](auto* p) { return event::put_session_start(p, {1.0, 5}); }),
              "09 000000000000f03f 10 05 3a 02 08 01");
}

TEST(several_metrics_are_one_event_of_the_size_foretold) {
  const event::Metric metrics[] = {{"loss", 0.5f}, {"accuracy", 1.0f}};
  const auto [count, bytes] = event::measure_metrics(metrics, 1000);
  CHECK_EQ(count, std::size_t{2});
  CHECK_EQ(bytes, std::size_t{2 + 11 + 2 + 15});
  CHECK_EQ(event::measure_metrics(metrics, 13).metrics, std::size_t{1});
  CHECK_EQ(event::measure_metrics(metrics, 14).metrics, std::size_t{2});
  CHECK_EQ(event::measure_metrics({}, 14).metrics, std::size_t{0});
  check_bytes(written([&](auto* p) { return event::put_metrics(p, {1.0, 7}, metrics, bytes); }),
              "09 000000000000f03f 10 07 2a 1e 0a 0b 0a 04 6c6f7373 15 0000003f "
              "0a 0f 0a 08 6163637572616379 15 0000803f");
}

TEST(tags_of_every_length_are_stored_whole) {
  const std::string text =
      "the quick brown fox jumps over the lazy dog, and then over the next one";
  for (std::size_t length = 1; length <= text.size(); ++length) {
    const std::string tag = text.substr(0, length);
    const Bytes bytes = written([&](auto* p) { return event::put_scalar(p, {1.0, 7}, tag, 0.5f); });
    // After 9 bytes of time, 2 of step and the lengths of summary, value and tag.
    const std::string stored(bytes.begin() + 9 + 2 + 2 + 2 + 2, bytes.end() - 5);
    CHECK_EQ(stored, tag);
  }
}

TEST(long_tags_need_longer_lengths_and_stay_within_the_bound) {
  for (const std::size_t length : {100u, 127u, 128u, 16383u, 16384u, 65535u}) {
    const std::string tag(length, 'x');
    Bytes buffer(event::scalar_bound(length));
    const std::uint8_t* end = event::put_scalar(buffer.data(), {1.0, -1}, tag, 1.0f);
    CHECK(end <= buffer.data() + buffer.size());
    end = event::put_tensor_scalar(buffer.data(), {1.0, -1}, tag, 1.0,
                                   event::ScalarForm::kDoubleTensor);
    CHECK(end <= buffer.data() + buffer.size());
  }
}
