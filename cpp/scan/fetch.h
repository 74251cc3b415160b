// fetch.h - reads the value that a Reference points at, again from the file.
#pragma once

#include <string>

#include "base/buffer.h"
#include "base/error.h"
#include "event/decode.h"
#include "scan/columns.h"
#include "scan/format.h"
#include "vdl/decode.h"

namespace eventcodec::scan {

// One value of a file. The view points into the record that is held here.
struct Fetched {
  Buffer record;
  event::Joined joined;
  event::ValueView value;
  ByteView bytes;  // the Value as it stands there; of a graph, its message
  // Of a VisualDL log, instead of `value`.
  vdl::ValueView vdl_value;
};

// Reads the record at `reference.offset` of the file at `path`, checks all that can be checked, and
// finds the value. kCorrupt: the bytes are damaged, or are not those of `tag` any more.
Status fetch(const std::string& path, Format format, const Reference& reference,
             std::string_view tag, Fetched* fetched);

}  // namespace eventcodec::scan
