// check.cc - whether other readers take an event.
#include "event/check.h"

#include <cmath>

#include "event/format.h"
#include "wire/read.h"

namespace eventcodec::event {
namespace {

using wire::Type;

// What a field holds. Packed numbers may also stand one by one.
enum class Holds : std::uint8_t {
  kVarint,
  kFixed32,
  kFixed64,
  kBytes,
  kString,
  kMessage,
  kVarints,
  kFixed32s,
  kFixed64s,
};

// The messages that an event may hold.
enum Message : std::uint8_t {
  kEvent,
  kSummaryMessage,
  kValueMessage,
  kMetadataMessage,
  kPluginMessage,
  kImageMessage,
  kAudioMessage,
  kHistogramMessage,
  kTensorMessage,
  kShapeMessage,
  kDimMessage,
  kResourceMessage,
  kResourceTypeMessage,
  kVariantMessage,
  kLogMessageMessage,
  kSessionMessageMessage,
  kRunMetadataMessage,
  kSourceMessage,
};

struct Rule {
  Message in;
  std::uint8_t field;
  Holds holds;
  Message message = kEvent;  // of kMessage
};

// Source: tensorflow/core/util/event.proto and core/framework/{summary,histogram,tensor,
// tensor_shape,resource_handle}.proto. Graphs are bytes to every reader of events.
constexpr Rule kRules[] = {
    {kEvent, 1, Holds::kFixed64},
    {kEvent, 2, Holds::kVarint},
    {kEvent, 3, Holds::kString},
    {kEvent, 4, Holds::kBytes},
    {kEvent, 5, Holds::kMessage, kSummaryMessage},
    {kEvent, 6, Holds::kMessage, kLogMessageMessage},
    {kEvent, 7, Holds::kMessage, kSessionMessageMessage},
    {kEvent, 8, Holds::kMessage, kRunMetadataMessage},
    {kEvent, 9, Holds::kBytes},
    {kEvent, 10, Holds::kMessage, kSourceMessage},
    {kSummaryMessage, 1, Holds::kMessage, kValueMessage},
    {kValueMessage, 1, Holds::kString},
    {kValueMessage, 2, Holds::kFixed32},
    {kValueMessage, 3, Holds::kBytes},
    {kValueMessage, 4, Holds::kMessage, kImageMessage},
    {kValueMessage, 5, Holds::kMessage, kHistogramMessage},
    {kValueMessage, 6, Holds::kMessage, kAudioMessage},
    {kValueMessage, 7, Holds::kString},
    {kValueMessage, 8, Holds::kMessage, kTensorMessage},
    {kValueMessage, 9, Holds::kMessage, kMetadataMessage},
    {kMetadataMessage, 1, Holds::kMessage, kPluginMessage},
    {kMetadataMessage, 2, Holds::kString},
    {kMetadataMessage, 3, Holds::kString},
    {kMetadataMessage, 4, Holds::kVarint},
    {kPluginMessage, 1, Holds::kString},
    {kPluginMessage, 2, Holds::kBytes},
    {kImageMessage, 1, Holds::kVarint},
    {kImageMessage, 2, Holds::kVarint},
    {kImageMessage, 3, Holds::kVarint},
    {kImageMessage, 4, Holds::kBytes},
    {kAudioMessage, 1, Holds::kFixed32},
    {kAudioMessage, 2, Holds::kVarint},
    {kAudioMessage, 3, Holds::kVarint},
    {kAudioMessage, 4, Holds::kBytes},
    {kAudioMessage, 5, Holds::kString},
    {kHistogramMessage, 1, Holds::kFixed64},
    {kHistogramMessage, 2, Holds::kFixed64},
    {kHistogramMessage, 3, Holds::kFixed64},
    {kHistogramMessage, 4, Holds::kFixed64},
    {kHistogramMessage, 5, Holds::kFixed64},
    {kHistogramMessage, 6, Holds::kFixed64s},
    {kHistogramMessage, 7, Holds::kFixed64s},
    {kTensorMessage, 1, Holds::kVarint},
    {kTensorMessage, 2, Holds::kMessage, kShapeMessage},
    {kTensorMessage, 3, Holds::kVarint},
    {kTensorMessage, 4, Holds::kBytes},
    {kTensorMessage, 5, Holds::kFixed32s},
    {kTensorMessage, 6, Holds::kFixed64s},
    {kTensorMessage, 7, Holds::kVarints},
    {kTensorMessage, 8, Holds::kBytes},
    {kTensorMessage, 9, Holds::kFixed32s},
    {kTensorMessage, 10, Holds::kVarints},
    {kTensorMessage, 11, Holds::kVarints},
    {kTensorMessage, 12, Holds::kFixed64s},
    {kTensorMessage, 13, Holds::kVarints},
    {kTensorMessage, 14, Holds::kMessage, kResourceMessage},
    {kTensorMessage, 15, Holds::kMessage, kVariantMessage},
    {kTensorMessage, 16, Holds::kVarints},
    {kTensorMessage, 17, Holds::kVarints},
    {kTensorMessage, 18, Holds::kBytes},
    {kShapeMessage, 2, Holds::kMessage, kDimMessage},
    {kShapeMessage, 3, Holds::kVarint},
    {kDimMessage, 1, Holds::kVarint},
    {kDimMessage, 2, Holds::kString},
    {kResourceMessage, 1, Holds::kString},
    {kResourceMessage, 2, Holds::kString},
    {kResourceMessage, 3, Holds::kString},
    {kResourceMessage, 4, Holds::kVarint},
    {kResourceMessage, 5, Holds::kString},
    {kResourceMessage, 6, Holds::kMessage, kResourceTypeMessage},
    {kResourceTypeMessage, 1, Holds::kVarint},
    {kResourceTypeMessage, 2, Holds::kMessage, kShapeMessage},
    {kVariantMessage, 1, Holds::kString},
    {kVariantMessage, 2, Holds::kBytes},
    {kVariantMessage, 3, Holds::kMessage, kTensorMessage},
    {kLogMessageMessage, 1, Holds::kVarint},
    {kLogMessageMessage, 2, Holds::kString},
    {kSessionMessageMessage, 1, Holds::kVarint},
    {kSessionMessageMessage, 2, Holds::kString},
    {kSessionMessageMessage, 3, Holds::kString},
    {kRunMetadataMessage, 1, Holds::kString},
    {kRunMetadataMessage, 2, Holds::kBytes},
    {kSourceMessage, 1, Holds::kString},
};

constexpr std::size_t kMessages = kSourceMessage + 1;
constexpr std::size_t kFields = 19;

// kRules by message and field number.
struct RuleTable {
  const Rule* rules[kMessages][kFields] = {};
};
constexpr RuleTable make_table() {
  RuleTable table;
  for (const Rule& rule : kRules) table.rules[rule.in][rule.field] = &rule;
  return table;
}
constexpr RuleTable kTable = make_table();

const Rule* rule_of(Message message, std::uint32_t key) {
  const std::uint32_t field = key >> 3;
  return field < kFields ? kTable.rules[message][field] : nullptr;
}

bool agrees(Holds holds, Type type) {
  switch (holds) {
    case Holds::kVarint:
      return type == Type::kVarint;
    case Holds::kFixed32:
      return type == Type::kFixed32;
    case Holds::kFixed64:
      return type == Type::kFixed64;
    case Holds::kBytes:
    case Holds::kString:
    case Holds::kMessage:
      return type == Type::kBytes;
    case Holds::kVarints:
      return type == Type::kBytes || type == Type::kVarint;
    case Holds::kFixed32s:
      return type == Type::kBytes || type == Type::kFixed32;
    case Holds::kFixed64s:
      return type == Type::kBytes || type == Type::kFixed64;
  }
  return false;
}

constexpr const char* kMalformed = "malformed event";
constexpr const char* kNotText = "text that is not UTF-8";
constexpr const char* kTooDeep = "messages nested too deep";
constexpr const char* kNoTime = "wall time is not a finite number";

// Why the content of a field that holds no message is wrong; nullptr when it is right.
const char* fault_in(const Rule& rule, const wire::Field& field) {
  const bool packed = static_cast<Type>(field.key & 7) == Type::kBytes;
  switch (rule.holds) {
    case Holds::kString:
      return is_utf8(field.bytes) ? nullptr : kNotText;
    case Holds::kVarints:
      return !packed || wire::for_each_packed_varint(field.bytes, [](std::uint64_t) {})
                 ? nullptr
                 : kMalformed;
    case Holds::kFixed32s:
      return !packed || field.bytes.size() % 4 == 0 ? nullptr : kMalformed;
    case Holds::kFixed64s:
      return !packed || field.bytes.size() % 8 == 0 ? nullptr : kMalformed;
    default:
      return nullptr;
  }
}

struct Level {
  wire::FieldReader reader{ByteView{}};
  Message message = kEvent;
};

}  // namespace

const char* fault_of(ByteView payload) {
  std::array<Level, kMaxMessageDepth> levels;
  levels[0].reader = wire::FieldReader(payload);
  std::size_t depth = 1;
  while (depth != 0) {
    Level& level = levels[depth - 1];
    wire::Field field;
    if (!level.reader.next(&field)) {
      if (!level.reader.ok()) return kMalformed;
      --depth;
      continue;
    }
    const Rule* rule = rule_of(level.message, field.key);
    if (rule == nullptr) continue;
    if (!agrees(rule->holds, static_cast<Type>(field.key & 7))) return kMalformed;
    if (const char* fault = fault_in(*rule, field); fault != nullptr) return fault;
    if (level.message == kEvent && rule->field == kWallTime && !std::isfinite(field.as_double())) {
      return kNoTime;
    }
    if (rule->holds != Holds::kMessage) continue;
    if (depth == levels.size()) return kTooDeep;
    levels[depth].reader = wire::FieldReader(field.bytes);
    levels[depth].message = rule->message;
    ++depth;
  }
  return nullptr;
}

bool is_utf8(ByteView text) {
  const std::uint8_t* p = text.data();
  const std::uint8_t* end = p + text.size();
  while (p != end) {
    while (end - p >= 8 && (load_le<std::uint64_t>(p) & 0x8080808080808080) == 0) p += 8;
    if (p == end) return true;
    const std::uint8_t first = *p++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const std::ptrdiff_t more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - p < more) return false;
    // Of the second byte: what would be overlong, a surrogate, or too large.
    const std::uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (p[0] < least || p[0] > most) return false;
    for (std::ptrdiff_t i = 1; i < more; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += more;
  }
  return true;
}

}  // namespace eventcodec::event
