// files.h - scans many event files on several threads.
#pragma once

#include <span>
#include <vector>

#include "scan/file.h"

namespace eventcodec::scan {

// Scans every file, the largest first, on at most `threads` threads that live for this call. A file
// that is more than a thread's share of all is read by several; one bad file never costs another.
// The result has one Status per file, in the order of `files`; std::bad_alloc when there is no
// memory for the result itself.
std::vector<Status> scan_files(std::span<EventFile* const> files, const Options& options,
                               std::size_t threads);

}  // namespace eventcodec::scan
