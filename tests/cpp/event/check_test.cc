#include "event/check.h"

#include <limits>

#include "check.h"
#include "event/encode.h"
#include "wire/write.h"

using eventcodec::as_bytes;
using eventcodec::ByteView;
namespace event = eventcodec::event;
namespace wire = eventcodec::wire;

namespace {

std::vector<std::uint8_t> scalar(std::string_view tag, double wall_time) {
  std::vector<std::uint8_t> payload(event::scalar_bound(tag.size()));
  const std::uint8_t* end = event::put_scalar(payload.data(), {wall_time, 3}, tag, 1.5F);
  payload.resize(static_cast<std::size_t>(end - payload.data()));
  return payload;
}

// `content` in a field, again and again.
std::vector<std::uint8_t> nest(std::vector<std::uint8_t> content,
                               std::initializer_list<std::uint32_t> fields) {
  for (const std::uint32_t field : fields) {
    std::vector<std::uint8_t> outer(content.size() + 20);
    const std::uint8_t* end = wire::put_bytes_field(outer.data(), field, content);
    outer.resize(static_cast<std::size_t>(end - outer.data()));
    content = outer;
  }
  return content;
}

std::string fault(const std::vector<std::uint8_t>& payload) {
  const char* found = event::fault_of(payload);
  return found == nullptr ? "" : found;
}

}  // namespace

TEST(takes_what_the_encoder_writes) { CHECK_EQ(fault(scalar("loss", 1.5)), ""); }

TEST(refuses_times_that_are_no_time) {
  CHECK_EQ(fault(scalar("loss", std::numeric_limits<double>::quiet_NaN())),
           "wall time is not a finite number");
  CHECK_EQ(fault(scalar("loss", std::numeric_limits<double>::infinity())),
           "wall time is not a finite number");
}

TEST(refuses_tags_that_are_no_text) {
  CHECK_EQ(fault(scalar("\xff", 1)), "text that is not UTF-8");
  CHECK_EQ(fault(scalar("\xc3\xa9", 1)), "");
}

TEST(refuses_every_cut) {
  const std::vector<std::uint8_t> whole = scalar("loss", 1.5);
  // After the wall time and after the step an event may end.
  int faults = 0;
  for (std::size_t size = 0; size != whole.size(); ++size) {
    faults += event::fault_of(ByteView(whole).first(size)) != nullptr;
  }
  CHECK_EQ(faults, static_cast<int>(whole.size()) - 3);
}

TEST(depth_is_limited) {
  // tensor (8) in a value, variant_val (15) and its tensors (3) in turn.
  std::vector<std::uint8_t> tensor = nest({}, {3, 15, 3, 15, 3, 15, 3, 15});
  CHECK_EQ(fault(nest(tensor, {8, 1, 5})), "");
  for (int i = 0; i != 100000; ++i) tensor = i < 200 ? nest(tensor, {3, 15}) : tensor;
  CHECK_EQ(fault(nest(tensor, {8, 1, 5})), "messages nested too deep");
}

TEST(utf8_is_strict) {
  for (const char* good :
       {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa9"}) {
    CHECK(event::is_utf8(as_bytes(good)));
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xc3("}) {
    CHECK(!event::is_utf8(as_bytes(bad)));
  }
}
