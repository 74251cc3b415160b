// format.h - which of the two families a file belongs to.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace eventcodec::scan {

enum class Format : std::uint8_t { kEvents, kVisualDl };
const char* name_of(Format format);

// By the record that the file begins with; where its first bytes are neither's (damaged, or too
// few), by the name of the file.
Format format_of(ByteView begin, std::string_view path);
// The same of an open file, whose first bytes are read.
Result<Format> format_of(int fd, std::string_view path);

}  // namespace eventcodec::scan
