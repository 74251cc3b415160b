// A value that shows nothing: bytes as protobuf writes
// Summary(value=[Summary.Value(tag="a", obsolete_old_style_histogram=b"")]).
#include "event/encode_hidden.h"

#include "base/bytes.h"
#include "check.h"
#include "event/decode.h"

using eventcodec::as_text;
using eventcodec::Buffer;
namespace event = eventcodec::event;

namespace {

TEST(a_hidden_value_is_what_protobuf_writes) {
  Buffer out;
  CHECK(event::encode_hidden_value("a", out));
  CHECK_EQ(as_text(out.view()), std::string_view("\x0a\x05\x0a\x01\x61\x1a\x00", 7));
  CHECK(event::encode_hidden_value("b", out));
  CHECK_EQ(out.view().size(), 14U);
}

TEST(session_starts) {
  using Bytes = std::vector<std::uint8_t>;
  CHECK(event::is_session_start(Bytes{0x08, 0x01}));
  CHECK(event::is_session_start(Bytes{0x12, 0x01, 0x78, 0x08, 0x01}));  // after a checkpoint path
  CHECK(!event::is_session_start(Bytes{0x08, 0x02}));
  CHECK(!event::is_session_start(Bytes{0x08, 0x01, 0x08, 0x03}));  // the last counts
  CHECK(!event::is_session_start(Bytes{0x08, 0x01, 0x12}));        // cut short
  CHECK(!event::is_session_start(Bytes{}));
}

}  // namespace
