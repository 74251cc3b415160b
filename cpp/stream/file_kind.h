// file_kind.h - what the two families of files differ in on their way to disk: the bytes around a
// payload. Both begin a record with the length of its payload.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/format.h"
#include "vdl/format.h"

namespace eventcodec::stream {

enum class FileKind : std::uint8_t { kEvents, kVisualDl };

constexpr std::size_t overhead_bytes(FileKind kind) {
  return kind == FileKind::kEvents ? record::kOverheadBytes : vdl::kOverheadBytes;
}

}  // namespace eventcodec::stream
