// decode.cc - takes Event messages apart.
#include "event/decode.h"

namespace eventcodec::event {

using wire::Field;
using wire::FieldReader;
using wire::tag;
using wire::Type;

namespace {

// The member of Event.what that a field sets, or kNothing.
What what_of(std::uint32_t key) {
  switch (key) {
    case tag(kSummary, Type::kBytes):
      return What::kSummaryOfValues;
    case tag(kGraphDef, Type::kBytes):
      return What::kGraph;
    case tag(kMetaGraphDef, Type::kBytes):
      return What::kMetaGraph;
    case tag(kTaggedRunMetadata, Type::kBytes):
      return What::kRunMetadata;
    case tag(kFileVersionField, Type::kBytes):
    case tag(kLogMessage, Type::kBytes):
      return What::kOther;
    case tag(kSessionLog, Type::kBytes):
      return What::kSession;
    default:
      return What::kNothing;
  }
}

// The member of Value.value that a field sets, or kNothing.
Payload payload_of(std::uint32_t key) {
  switch (key) {
    case tag(kSimpleValue, Type::kFixed32):
      return Payload::kNumber;
    case tag(kObsoleteHistogram, Type::kBytes):
      return Payload::kOpaqueHistogram;
    case tag(kImage, Type::kBytes):
      return Payload::kImageMessage;
    case tag(kHisto, Type::kBytes):
      return Payload::kHistogramMessage;
    case tag(kAudio, Type::kBytes):
      return Payload::kAudioMessage;
    case tag(kTensor, Type::kBytes):
      return Payload::kTensorMessage;
    default:
      return Payload::kNothing;
  }
}

bool is_mergeable(Payload payload) {
  return payload != Payload::kNumber && payload != Payload::kOpaqueHistogram;
}

// Protobuf keeps the lowest 32 bits of an enumeration; a number that has no name yet says nothing.
DataClass data_class_of(std::uint64_t bits) {
  const auto number = static_cast<std::uint32_t>(bits);
  const bool is_known = number <= static_cast<std::uint32_t>(DataClass::kBlobSequence);
  return is_known ? static_cast<DataClass>(number) : DataClass::kUnknown;
}

bool decode_plugin_data(ByteView message, ValueView* view) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kPluginName, Type::kBytes)) view->plugin = field.bytes;
    if (field.key == tag(kPluginContent, Type::kBytes)) view->plugin_content = field.bytes;
  }
  return reader.ok();
}

bool decode_metadata(ByteView message, Joined& joined, ValueView* view) {
  FieldReader reader(message);
  Field field;
  ByteView plugin_data;
  while (reader.next(&field)) {
    switch (field.key) {
      case tag(kPluginData, Type::kBytes):
        plugin_data = joined.join(plugin_data, field.bytes);
        break;
      case tag(kDisplayName, Type::kBytes):
        view->display_name = field.bytes;
        break;
      case tag(kDescription, Type::kBytes):
        view->description = field.bytes;
        break;
      case tag(kDataClass, Type::kVarint):
        view->data_class = data_class_of(field.bits);
        break;
      default:
        break;
    }
  }
  return reader.ok() && decode_plugin_data(plugin_data, view);
}

}  // namespace

bool decode_event(ByteView payload, EventView* event) {
  FieldReader reader(payload);
  Field field;
  const std::uint8_t* field_start = reader.position();
  const std::uint8_t* end = payload.data() + payload.size();
  while (reader.next(&field)) {
    if (field.key == tag(kWallTime, Type::kFixed64)) {
      event->wall_time = field.as_double();
    } else if (field.key == tag(kStep, Type::kVarint)) {
      event->step = static_cast<std::int64_t>(field.bits);
    } else if (const What what = what_of(field.key); what != What::kNothing) {
      if (what == What::kSummaryOfValues && event->what != What::kSummaryOfValues) {
        event->summaries = {field_start, static_cast<std::size_t>(end - field_start)};
      }
      event->what = what;
      event->body = field.bytes;
    }
    field_start = reader.position();
  }
  return reader.ok();
}

bool is_session_start(ByteView message) {
  FieldReader reader(message);
  Field field;
  std::uint64_t status = 0;
  while (reader.next(&field)) {
    if (field.key == tag(kSessionStatus, Type::kVarint)) status = field.bits;
  }
  return reader.ok() && status == kSessionStart;
}

ByteView Joined::join(ByteView first, ByteView second) {
  if (first.empty()) return second;
  std::vector<std::uint8_t>& whole = pieces_.emplace_back(first.begin(), first.end());
  whole.insert(whole.end(), second.begin(), second.end());
  return whole;
}

bool decode_value(ByteView value, Joined& joined, ValueView* view) {
  FieldReader reader(value);
  Field field;
  ByteView node_name;
  ByteView metadata;
  while (reader.next(&field)) {
    if (field.key == tag(kTag, Type::kBytes)) {
      view->tag = field.bytes;
    } else if (field.key == tag(kNodeName, Type::kBytes)) {
      node_name = field.bytes;
    } else if (field.key == tag(kMetadata, Type::kBytes)) {
      metadata = joined.join(metadata, field.bytes);
      view->has_metadata = true;
    } else if (const Payload payload = payload_of(field.key); payload != Payload::kNothing) {
      const bool again = payload == view->payload && is_mergeable(payload);
      view->body = again ? joined.join(view->body, field.bytes) : field.bytes;
      view->payload = payload;
    }
  }
  if (!reader.ok() || !decode_metadata(metadata, joined, view)) return false;
  if (view->tag.empty()) view->tag = node_name;
  return !is_mergeable(view->payload) || wire::is_message(view->body);
}

bool decode_image(ByteView message, ImageView* image) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    switch (field.key) {
      case tag(kWidth, Type::kVarint):
        image->width = static_cast<std::int32_t>(field.bits);
        break;
      case tag(kHeight, Type::kVarint):
        image->height = static_cast<std::int32_t>(field.bits);
        break;
      case tag(kEncodedImage, Type::kBytes):
        image->encoded = field.bytes;
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool decode_tagged_run_metadata(ByteView message, ByteView* tag_bytes) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kTaggedRunMetadataTag, Type::kBytes)) *tag_bytes = field.bytes;
  }
  return reader.ok();
}

bool decode_graph_value(const EventView& event, ValueView* view) {
  view->body = event.body;
  view->has_metadata = true;
  switch (event.what) {
    case What::kGraph:
      view->plugin = as_bytes("graphs");
      view->tag = as_bytes("__run_graph__");
      return true;
    case What::kMetaGraph:
      view->plugin = as_bytes("meta_graph");
      view->tag = as_bytes("__meta_graph__");
      return true;
    case What::kRunMetadata:
      view->plugin = as_bytes("graph_tagged_run_metadata");
      return decode_tagged_run_metadata(event.body, &view->tag);
    default:
      return false;
  }
}

}  // namespace eventcodec::event
