// decode.h - takes Event messages apart.  In: a record's payload.  Out: views into it.
// Follows protobuf's rules for messages in odd forms: fields in any order, the last of a repeated
// singular field wins, a repeated message is merged, a later member of a oneof clears an earlier
// one. Never trusts a length.
#pragma once

#include <deque>
#include <vector>

#include "event/format.h"
#include "wire/read.h"

namespace eventcodec::event {

// Which member of Event.what is set.
enum class What : std::uint8_t {
  kNothing,
  kSummaryOfValues,
  kGraph,
  kMetaGraph,
  kRunMetadata,
  kSession,
  kOther,  // file version, log message
};

struct EventView {
  double wall_time = 0;
  std::int64_t step = 0;
  What what = What::kNothing;
  ByteView body;       // the member's content; of a summary that stands there twice, the last
  ByteView summaries;  // a summary: the fields of the event from its first summary on
};

// Reads the outer fields of an event. False: not an event.
[[nodiscard]] bool decode_event(ByteView payload, EventView* event);

// Which member of Value.value is set.
enum class Payload : std::uint8_t {
  kNothing,
  kNumber,           // simple_value
  kOpaqueHistogram,  // obsolete_old_style_histogram
  kImageMessage,
  kHistogramMessage,
  kAudioMessage,
  kTensorMessage,
};

struct ValueView {
  ByteView tag;  // node_name when the tag is empty, as TensorFlow's old tensor_summary wrote it
  Payload payload = Payload::kNothing;
  ByteView body;  // the member's content; of a simple_value its four bytes
  bool has_metadata = false;
  DataClass data_class = DataClass::kUnknown;
  ByteView plugin;
  ByteView plugin_content;
  ByteView display_name;
  ByteView description;
};

// Holds messages that an event gives in several pieces: protobuf merges them, and the merged
// message is the pieces one after the other.
class Joined {
 public:
  ByteView join(ByteView first, ByteView second);
  void clear() { pieces_.clear(); }

 private:
  std::deque<std::vector<std::uint8_t>> pieces_;
};

// Reads one Value, down to the fields of its payload and metadata. False: malformed. Views point
// into `value` or into `joined`.
[[nodiscard]] bool decode_value(ByteView value, Joined& joined, ValueView* view);

// Calls f(bytes of a Value) -> bool for every value of a summary event, in order. False when f
// said so or a summary is malformed.
template <class F>
[[nodiscard]] bool for_each_value(const EventView& event, F&& f) {
  wire::FieldReader outer(event.summaries);
  wire::Field field;
  while (outer.next(&field)) {
    if (field.key != wire::tag(kSummary, wire::Type::kBytes)) continue;
    wire::FieldReader inner(field.bytes);
    wire::Field value;
    while (inner.next(&value)) {
      if (value.key == wire::tag(kValue, wire::Type::kBytes) && !f(value.bytes)) return false;
    }
    if (!inner.ok()) return false;
  }
  return outer.ok();
}

// The Image message of the first format.
struct ImageView {
  std::int32_t width = 0;
  std::int32_t height = 0;
  ByteView encoded;
};
[[nodiscard]] bool decode_image(ByteView message, ImageView* image);

// Whether Event.session_log says START: a restart of the run, which voids what earlier events have
// from its step on. False also for what is no SessionLog.
[[nodiscard]] bool is_session_start(ByteView message);

// Event.tagged_run_metadata's tag.
[[nodiscard]] bool decode_tagged_run_metadata(ByteView message, ByteView* tag);

// The graph, meta graph or run metadata of an event in the form of a value: tag and plugin are
// those under which TensorBoard shows it. False: none of those, or malformed.
[[nodiscard]] bool decode_graph_value(const EventView& event, ValueView* view);

}  // namespace eventcodec::event
