// crc32c.h - CRC-32C (Castagnoli) of bytes, and the masked form that records store.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/kernel.h"
#include "crc32c/mask.h"

namespace eventcodec::crc32c {

// extend(crc of A, B) is the CRC of A followed by B; the CRC of nothing is 0.
using ExtendFn = std::uint32_t (*)(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

// Every kernel compiled in, best first, the portable one last.
std::span<const Kernel<ExtendFn>> kernels();

// The kernel this machine uses, chosen at the first call.
const Kernel<ExtendFn>& chosen();

inline std::uint32_t extend(std::uint32_t crc, ByteView data) {
  return chosen().fn(crc, data.data(), data.size());
}
inline std::uint32_t value(ByteView data) { return extend(0, data); }

// What a record stores. A type of its own, so that raw and masked checksums cannot be mixed up.
class MaskedCrc {
 public:
  static constexpr MaskedCrc of_crc(std::uint32_t crc) { return MaskedCrc(mask(crc)); }
  static constexpr MaskedCrc of_stored(std::uint32_t bits) { return MaskedCrc(bits); }
  static MaskedCrc of(ByteView data) { return of_crc(value(data)); }

  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(MaskedCrc, MaskedCrc) = default;

 private:
  constexpr explicit MaskedCrc(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_;
};

}  // namespace eventcodec::crc32c
