// format.h - the layout of a VisualDL record and the field numbers of the messages in it, once, for
// everything in this folder. See ../FORMAT.md section 10.
// Source: visualdl/proto/record.proto (visualdl 2.5.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventcodec::vdl {

// | length: u64 | payload[length] |  - no checksum
inline constexpr std::size_t kLengthBytes = 8;
inline constexpr std::size_t kOverheadBytes = kLengthBytes;
// A payload begins with the key and the length of its one value, which says the record's length a
// second time: the first length, a one-byte key, and a varint below 2 GiB.
inline constexpr std::size_t kHeaderBytes = kLengthBytes + 1 + 5;
// A payload is a protobuf, and no protobuf implementation takes 2 GiB or more.
inline constexpr std::uint64_t kMaxPayloadBytes = 0x7fffffff;
// Timestamps below this are seconds, others milliseconds. (visualdl/server/lib.py, s2ms)
inline constexpr std::int64_t kFirstMillisecond = 2'000'000'000;

enum RecordField : std::uint32_t { kValues = 1 };
enum ValueField : std::uint32_t {
  kId = 1,
  kTag = 2,
  kTimestamp = 3,
  kNumber = 4,
  kImage = 5,
  kAudio = 6,
  kEmbeddings = 7,
  kHistogram = 8,
  kPrCurve = 9,
  kMetaData = 10,
  kRocCurve = 11,
  kText = 12,
  kHparam = 13,
  kTagValue = 14,
};
enum ImageField : std::uint32_t { kEncodedImage = 4 };
enum AudioField : std::uint32_t {
  kSampleRate = 1,
  kNumChannels = 2,
  kLengthFrames = 3,
  kEncodedAudio = 4,
  kContentType = 5,
};
enum EmbeddingsField : std::uint32_t { kEmbedding = 1, kLabelMeta = 2 };
enum EmbeddingField : std::uint32_t { kLabel = 1, kVectors = 2 };
enum HistogramField : std::uint32_t { kHist = 1, kBinEdges = 2 };
// Of PRCurve and ROC_Curve: four counts, then precision and recall, or the two rates.
enum CurveField : std::uint32_t { kTp = 1, kFp = 2, kTn = 3, kFn = 4, kFirst = 5, kSecond = 6 };
enum MetaDataField : std::uint32_t { kDisplayName = 1 };
enum TextField : std::uint32_t { kEncodedText = 1 };
enum HparamField : std::uint32_t { kHparamInfos = 1, kMetricInfos = 2, kHparamName = 3 };
enum HparamInfoField : std::uint32_t {
  kIntValue = 1,
  kFloatValue = 2,
  kStringValue = 3,
  kInfoName = 4,
};
enum TagValueField : std::uint32_t { kSubTag = 1, kSubValue = 2 };

// The tag of the record that names the run, the first of every file.
inline constexpr std::string_view kMetaTag = "meta_data_tag";

}  // namespace eventcodec::vdl
