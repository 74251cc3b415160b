// carry.h - what the earlier files of a run say of the tags of later ones.
#pragma once

#include <span>
#include <vector>

#include "scan/file.h"

namespace eventcodec::scan {

// TensorFlow 1 writes the metadata of a tag once, and not again when it goes on in another file: a
// tensor there is what the run's first metadata say, as it is in TensorBoard. Files in which rows
// were sorted without metadata that an earlier file has are told and forget what they read, and so
// do those that were told what is no longer so. Files are those of one run, in order. Returns the
// places of those that are to be scanned again. Throws std::bad_alloc.
[[nodiscard]] std::vector<std::size_t> carry_metadata(std::span<EventFile* const> files);

}  // namespace eventcodec::scan
