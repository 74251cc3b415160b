// decode.h - reads VisualDL records.  In: the payload of a record.  Out: its one value, as views.
// Pure: no I/O, no allocation. There is no checksum, so this is where damage is found: a record
// must be what a writer could have written, to the last field of the messages in it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "vdl/format.h"

namespace eventcodec::vdl {

// Which member of Value.one_value is set.
enum class Component : std::uint8_t {
  kNone,
  kScalar,
  kImage,
  kAudio,
  kEmbeddings,
  kHistogram,
  kPrCurve,
  kMetaData,
  kRocCurve,
  kText,
  kHparam,
  kTagValue,
};

struct ValueView {
  std::int64_t step = 0;
  std::int64_t timestamp = 0;
  ByteView tag;
  Component component = Component::kNone;
  float number = 0;  // of kScalar and kTagValue
  ByteView sub_tag;  // of kTagValue
  ByteView body;     // the member's message; of a scalar its four bytes
  ByteView bytes;    // the whole Value
};

// Reads the one value of a record. False: not a record that a writer of VisualDL could have
// written. Every field is known and stands once, text is UTF-8, the tag is not empty, packed
// numbers are whole, and messages are right to their last byte. Nothing is said of the numbers
// themselves.
[[nodiscard]] bool decode_record(ByteView payload, ValueView* value);

// Seconds since 1970 of a timestamp in milliseconds or, in old files, seconds.
[[nodiscard]] double wall_time_of(std::int64_t timestamp);

// Whether the timestamp is one that a clock gives. Not every writer's is, but a search among
// damaged bytes asks for it.
[[nodiscard]] bool is_of_a_clock(std::int64_t timestamp);

// The text of a Text message and the display name of MetaData: field 1.
[[nodiscard]] ByteView text_of(ByteView message);
// The encoded bytes of an Image message.
[[nodiscard]] ByteView encoded_image_of(ByteView message);

}  // namespace eventcodec::vdl
