// format.h - the constants of a PNG file and of the zlib stream inside it, once.
// Source: W3C PNG (third edition) sections 5, 9 and 11; RFC 1950; RFC 1951 section 3.2.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::png {

inline constexpr std::uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
inline constexpr std::uint32_t kMaxSide = 0x7fffffff;
inline constexpr std::uint32_t kMaxChannels = 4;

// | length of data: u32 | type: 4 letters | data | CRC-32 of type and data: u32 |, big-endian.
inline constexpr std::size_t kChunkHeadBytes = 4 + 4;
inline constexpr std::size_t kChunkBytes = kChunkHeadBytes + 4;
inline constexpr std::size_t kHeaderDataBytes = 4 + 4 + 5;  // width, height, five choices

// The colour type of 1 (grey), 2 (grey, alpha), 3 (RGB) and 4 (RGBA) channels.
inline constexpr std::uint8_t kColourType[kMaxChannels + 1] = {0, 0, 4, 2, 6};

enum Filter : std::uint8_t { kNone, kSub, kUp, kAverage, kPaeth };
inline constexpr std::size_t kFilters = 5;

// Deflate with a window of 32 KiB, the check bits that make it a multiple of 31.
inline constexpr std::uint8_t kZlibHeader[2] = {0x78, 0x01};
inline constexpr std::size_t kAdlerBytes = 4;

inline constexpr std::size_t kMaxStoredBytes = 0xffff;
inline constexpr std::size_t kStoredHeadBytes = 1 + 2 + 2;  // block type, length, its complement
inline constexpr std::size_t kMaxDistance = 0x8000;
inline constexpr std::size_t kMinMatch = 3;
inline constexpr std::size_t kMaxMatch = 258;
inline constexpr std::size_t kEndOfBlock = 256;
inline constexpr std::size_t kFirstLength = 257;
inline constexpr std::size_t kLengthSymbols = 286;  // literals, end of block, lengths
inline constexpr std::size_t kDistanceSymbols = 30;
enum BlockType : std::uint8_t { kStored = 0, kFixed = 1, kDynamic = 2 };

}  // namespace eventcodec::png
