// portable.h - the kernel every machine can run and every other kernel is tested against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eventcodec::crc32c {

std::uint32_t extend_portable(std::uint32_t crc, const std::uint8_t* data, std::size_t size);

}  // namespace eventcodec::crc32c
