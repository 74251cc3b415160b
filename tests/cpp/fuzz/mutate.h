// mutate.h - changes event files at random: bits, lengths, blocks, and the checksums back to right,
// so that what is inside the records is reached, too.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "check.h"
#include "crc32c/crc32c.h"
#include "record/format.h"

namespace fuzz {

using Bytes = std::vector<std::uint8_t>;
namespace record = eventcodec::record;

inline constexpr std::size_t kMostBytes = std::size_t{32} << 10;

// Gives every record that can be followed from the start right checksums.
inline void repair_checksums(Bytes& data) {
  std::size_t at = 0;
  while (data.size() - at >= record::kOverheadBytes) {
    const auto length = eventcodec::load_le<std::uint64_t>(data.data() + at);
    if (length > data.size() - at - record::kOverheadBytes) return;
    const auto put = [&](std::size_t where, std::size_t from, std::size_t bytes) {
      const auto crc = eventcodec::crc32c::MaskedCrc::of({data.data() + from, bytes}).bits();
      eventcodec::store_le(data.data() + where, crc);
    };
    const auto size = static_cast<std::size_t>(length);
    put(at + record::kLengthBytes, at, record::kLengthBytes);
    put(at + record::kHeaderBytes + size, at + record::kHeaderBytes, size);
    at += size + record::kOverheadBytes;
  }
}

inline void mutate_once(Bytes& data, const std::vector<Bytes>& seeds, check::Random& random) {
  constexpr std::uint8_t kOdd[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x2a, 0x42};
  const std::size_t at = random.below(data.size());
  const std::size_t size = 1 + random.below(std::min<std::size_t>(data.size() - at, 64));
  const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  switch (random.below(8)) {
    case 0:
      data[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
      break;
    case 1:
      data[at] = kOdd[random.below(std::size(kOdd))];
      break;
    case 2:
      data[at] = static_cast<std::uint8_t>(data[at] + random.below(35) - 17);
      break;
    case 3:
      data.erase(begin, end);
      break;
    case 4: {
      const Bytes copy(begin, end);
      const std::size_t to = random.below(data.size() + 1);
      data.insert(data.begin() + static_cast<std::ptrdiff_t>(to), copy.begin(), copy.end());
      break;
    }
    case 5: {
      const Bytes& other = seeds[random.below(seeds.size())];
      const std::size_t from = random.below(other.size());
      const std::size_t count = std::min<std::size_t>(other.size() - from, random.below(400) + 1);
      const auto piece = other.begin() + static_cast<std::ptrdiff_t>(from);
      data.insert(begin, piece, piece + static_cast<std::ptrdiff_t>(count));
      break;
    }
    case 6:
      std::fill(begin, end, static_cast<std::uint8_t>(random.below(2) * 0xff));
      break;
    default:
      data.resize(at);
  }
}

inline Bytes mutate(const std::vector<Bytes>& seeds, check::Random& random) {
  Bytes data = seeds[random.below(seeds.size())];
  for (std::uint64_t left = 1 + random.below(6); left != 0 && !data.empty(); --left) {
    mutate_once(data, seeds, random);
  }
  if (random.below(10) < 7) repair_checksums(data);
  if (data.size() > kMostBytes) data.resize(kMostBytes);
  return data;
}

}  // namespace fuzz
