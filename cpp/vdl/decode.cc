// decode.cc - reads VisualDL records and finds what is none.
#include "vdl/decode.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"
#include "wire/read.h"

namespace eventcodec::vdl {

using wire::Type;

namespace {

// What a field's content must be, besides being there.
enum class Content : std::uint8_t {
  kAnything,
  kText,      // UTF-8
  kVarints,   // packed
  kFixed32s,  // packed
  kFixed64s,  // packed
  kMessage,
};

struct FieldRule;
using Message = std::span<const FieldRule>;

struct FieldRule {
  std::uint32_t key;
  Content content = Content::kAnything;
  Message message = {};  // of kMessage
};

constexpr std::uint32_t varint(std::uint32_t field) { return wire::tag(field, Type::kVarint); }
constexpr std::uint32_t fixed32(std::uint32_t field) { return wire::tag(field, Type::kFixed32); }
constexpr std::uint32_t fixed64(std::uint32_t field) { return wire::tag(field, Type::kFixed64); }
constexpr std::uint32_t bytes(std::uint32_t field) { return wire::tag(field, Type::kBytes); }

// Repeated numbers stand packed into one field, or one by one.
constexpr std::array kImageFields = {FieldRule{bytes(kEncodedImage)}};
constexpr std::array kAudioFields = {
    FieldRule{fixed32(kSampleRate)}, FieldRule{varint(kNumChannels)},
    FieldRule{varint(kLengthFrames)}, FieldRule{bytes(kEncodedAudio)},
    FieldRule{bytes(kContentType), Content::kText}};
constexpr std::array kEmbeddingFields = {FieldRule{bytes(kLabel), Content::kText},
                                         FieldRule{bytes(kVectors), Content::kFixed32s},
                                         FieldRule{fixed32(kVectors)}};
constexpr std::array kEmbeddingsFields = {
    FieldRule{bytes(kEmbedding), Content::kMessage, kEmbeddingFields},
    FieldRule{bytes(kLabelMeta), Content::kText}};
constexpr std::array kHistogramFields = {FieldRule{bytes(kHist), Content::kFixed64s},
                                         FieldRule{bytes(kBinEdges), Content::kFixed64s},
                                         FieldRule{fixed64(kHist)}, FieldRule{fixed64(kBinEdges)}};
constexpr std::array kCurveFields = {FieldRule{bytes(kTp), Content::kVarints},
                                     FieldRule{bytes(kFp), Content::kVarints},
                                     FieldRule{bytes(kTn), Content::kVarints},
                                     FieldRule{bytes(kFn), Content::kVarints},
                                     FieldRule{bytes(kFirst), Content::kFixed64s},
                                     FieldRule{bytes(kSecond), Content::kFixed64s},
                                     FieldRule{varint(kTp)},
                                     FieldRule{varint(kFp)},
                                     FieldRule{varint(kTn)},
                                     FieldRule{varint(kFn)},
                                     FieldRule{fixed64(kFirst)},
                                     FieldRule{fixed64(kSecond)}};
constexpr std::array kMetaDataFields = {FieldRule{bytes(kDisplayName), Content::kText}};
constexpr std::array kTextFields = {FieldRule{bytes(kEncodedText), Content::kText}};
constexpr std::array kHparamInfoFields = {
    FieldRule{varint(kIntValue)}, FieldRule{fixed64(kFloatValue)},
    FieldRule{bytes(kStringValue), Content::kText}, FieldRule{bytes(kInfoName), Content::kText}};
constexpr std::array kHparamFields = {
    FieldRule{bytes(kHparamInfos), Content::kMessage, kHparamInfoFields},
    FieldRule{bytes(kMetricInfos), Content::kMessage, kHparamInfoFields},
    FieldRule{bytes(kHparamName), Content::kText}};

struct ComponentRule {
  std::uint32_t field;
  Component component;
  Message message;
};

constexpr std::array kComponents = {
    ComponentRule{kImage, Component::kImage, kImageFields},
    ComponentRule{kAudio, Component::kAudio, kAudioFields},
    ComponentRule{kEmbeddings, Component::kEmbeddings, kEmbeddingsFields},
    ComponentRule{kHistogram, Component::kHistogram, kHistogramFields},
    ComponentRule{kPrCurve, Component::kPrCurve, kCurveFields},
    ComponentRule{kMetaData, Component::kMetaData, kMetaDataFields},
    ComponentRule{kRocCurve, Component::kRocCurve, kCurveFields},
    ComponentRule{kText, Component::kText, kTextFields},
    ComponentRule{kHparam, Component::kHparam, kHparamFields},
};

bool obeys(ByteView message, Message rules);

bool obeys(const wire::Field& field, const FieldRule& rule) {
  switch (rule.content) {
    case Content::kAnything:
      return true;
    case Content::kText:
      return is_utf8(field.bytes);
    case Content::kVarints:
      return wire::for_each_packed_varint(field.bytes, [](std::uint64_t) {});
    case Content::kFixed32s:
      return field.bytes.size() % 4 == 0;
    case Content::kFixed64s:
      return field.bytes.size() % 8 == 0;
    case Content::kMessage:
      return obeys(field.bytes, rule.message);
  }
  return false;
}

// As deep as the tables, which is twice.
bool obeys(ByteView message, Message rules) {
  wire::FieldReader reader(message);
  wire::Field field;
  while (reader.next(&field)) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const FieldRule& each) { return each.key == field.key; });
    if (rule == rules.end() || !obeys(field, *rule)) return false;
  }
  return reader.ok();
}

bool decode_tag_value(ByteView message, ValueView* value) {
  wire::FieldReader reader(message);
  wire::Field field;
  while (reader.next(&field)) {
    if (field.key == bytes(kSubTag)) {
      if (!is_utf8(field.bytes)) return false;
      value->sub_tag = field.bytes;
    } else if (field.key == fixed32(kSubValue)) {
      value->number = field.as_float();
    } else {
      return false;
    }
  }
  return reader.ok();
}

// The member of the oneof that `field` is.
bool decode_member(const wire::Field& field, ValueView* value) {
  value->body = field.bytes;
  if (field.key == fixed32(kNumber)) {
    value->component = Component::kScalar;
    value->number = field.as_float();
    return true;
  }
  if (field.key == bytes(kTagValue)) {
    value->component = Component::kTagValue;
    return decode_tag_value(field.bytes, value);
  }
  for (const ComponentRule& rule : kComponents) {
    if (field.key != bytes(rule.field)) continue;
    value->component = rule.component;
    return obeys(field.bytes, rule.message);
  }
  return false;
}

bool decode_value(ByteView message, ValueView* value) {
  wire::FieldReader reader(message);
  wire::Field field;
  std::uint32_t seen = 0;
  while (reader.next(&field)) {
    // Everything that decides about one_value counts as one field.
    const std::uint32_t number = std::min<std::uint32_t>(field.key >> 3, kNumber);
    if ((seen & (1u << number)) != 0) return false;
    seen |= 1u << number;
    if (field.key == varint(kId)) {
      value->step = static_cast<std::int64_t>(field.bits);
    } else if (field.key == bytes(kTag)) {
      value->tag = field.bytes;
    } else if (field.key == varint(kTimestamp)) {
      value->timestamp = static_cast<std::int64_t>(field.bits);
    } else if (!decode_member(field, value)) {
      return false;
    }
  }
  return reader.ok() && !value->tag.empty() && value->component != Component::kNone &&
         is_utf8(value->tag);
}

}  // namespace

bool decode_record(ByteView payload, ValueView* value) {
  wire::FieldReader reader(payload);
  wire::Field field;
  if (!reader.next(&field) || field.key != bytes(kValues)) return false;
  if (field.bytes.data() + field.bytes.size() != payload.data() + payload.size()) return false;
  *value = {};
  value->bytes = field.bytes;
  return decode_value(field.bytes, value);
}

double wall_time_of(std::int64_t timestamp) {
  const auto number = static_cast<double>(timestamp);
  return timestamp < kFirstMillisecond ? number : number / 1000.0;
}

bool is_of_a_clock(std::int64_t timestamp) {
  // From 2001 on in seconds, and to the year 5138 in milliseconds.
  return timestamp >= 1'000'000'000 && timestamp < 100'000'000'000'000;
}

namespace {

ByteView content_of(ByteView message, std::uint32_t key) {
  wire::FieldReader reader(message);
  wire::Field field;
  ByteView found;
  while (reader.next(&field)) {
    if (field.key == key) found = field.bytes;
  }
  return found;
}

}  // namespace

ByteView text_of(ByteView message) { return content_of(message, bytes(kEncodedText)); }

ByteView encoded_image_of(ByteView message) { return content_of(message, bytes(kEncodedImage)); }

}  // namespace eventcodec::vdl
