// format.h - field numbers of Event and the messages inside it, once, for encode and decode.
// Source: tensorflow/core/util/event.proto,
// core/framework/{summary,tensor,tensor_shape,types}.proto.
#pragma once

#include <cstdint>
#include <string_view>

namespace eventcodec::event {

inline constexpr std::string_view kFileVersion = "brain.Event:2";

enum EventField : std::uint32_t {
  kWallTime = 1,
  kStep = 2,
  kFileVersionField = 3,
  kGraphDef = 4,
  kSummary = 5,
  kLogMessage = 6,
  kSessionLog = 7,
  kTaggedRunMetadata = 8,
  kMetaGraphDef = 9,
  kSourceMetadata = 10,
};
enum SourceMetadataField : std::uint32_t { kWriter = 1 };
enum SessionLogField : std::uint32_t {
  kSessionStatus = 1,
  kCheckpointPath = 2,
  kSessionMessage = 3
};
enum SessionStatus : std::uint32_t { kSessionStart = 1, kSessionStop = 2, kSessionCheckpoint = 3 };
enum TaggedRunMetadataField : std::uint32_t { kTaggedRunMetadataTag = 1 };
enum SummaryField : std::uint32_t { kValue = 1 };
enum ValueField : std::uint32_t {
  kTag = 1,
  kSimpleValue = 2,
  kObsoleteHistogram = 3,
  kImage = 4,
  kHisto = 5,
  kAudio = 6,
  kNodeName = 7,
  kTensor = 8,
  kMetadata = 9,
};
enum MetadataField : std::uint32_t {
  kPluginData = 1,
  kDisplayName = 2,
  kDescription = 3,
  kDataClass = 4,
};
// What the values of a tag are, whatever plugin shows them; older writers do not say.
enum class DataClass : std::uint8_t { kUnknown = 0, kScalar = 1, kTensor = 2, kBlobSequence = 3 };
enum PluginDataField : std::uint32_t { kPluginName = 1, kPluginContent = 2 };
enum ImageField : std::uint32_t { kHeight = 1, kWidth = 2, kColorspace = 3, kEncodedImage = 4 };
enum AudioField : std::uint32_t {
  kSampleRate = 1,
  kNumChannels = 2,
  kLengthFrames = 3,
  kEncodedAudio = 4,
  kContentType = 5,
};
enum HistogramField : std::uint32_t {
  kMin = 1,
  kMax = 2,
  kNum = 3,
  kSum = 4,
  kSumSquares = 5,
  kBucketLimit = 6,
  kBucket = 7,
};
enum TensorField : std::uint32_t {
  kDtype = 1,
  kTensorShape = 2,
  kTensorContent = 4,
  kFloatVal = 5,
  kDoubleVal = 6,
  kIntVal = 7,
  kStringVal = 8,
  kInt64Val = 10,
  kBoolVal = 11,
  kHalfVal = 13,
  kUint32Val = 16,
  kUint64Val = 17,
};
enum ShapeField : std::uint32_t { kDim = 2, kUnknownRank = 3 };
enum DimField : std::uint32_t { kDimSize = 1, kDimName = 2 };
enum DataType : std::uint32_t {
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kInt64 = 9,
  kBool = 10,
  kBfloat16 = 14,
  kUint16 = 17,
  kHalf = 19,
  kUint32 = 22,
  kUint64 = 23,
};

}  // namespace eventcodec::event
