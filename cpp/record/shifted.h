// shifted.h - finds the records that follow one which has lost or gained bytes.  In: the bytes of a
// file from a right header on whose record is not there as the header says.  Out: how many of them
// are to be skipped.  Pure: no I/O, no allocation, and linear in the bytes looked at.
#pragma once

#include "record/resync.h"

namespace eventcodec::record {

// The bytes that may be looked at and checksummed for a file, and per byte of it, so that no file
// can make the searches in it cost more than linear time.
inline constexpr std::uint64_t kShiftBudget = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kShiftBudgetPerByte = 4;

// How far behind the end that a header claims find_shifted() looks, and how long an unfinished
// record may be that it looks into, at most.
inline constexpr std::uint64_t kMostBehind = std::uint64_t{32} << 20;

// The record at the window's start has a right header, would be `bytes` long, and has a wrong
// payload or, with Last::kYes, goes on beyond the end of the file. It may have lost bytes (or
// gained some, or its header alone has moved), and then whole records that start inside it, as it
// claims to be, do not belong to it. Gives the first record of a chain that starts inside; a chain
// is records that are whole by both checksums, one behind the other. What makes it certain:
// - A record of the chain stands where the footer would be. One that is nested in the payload
//   cannot, unless bytes were added to the payload. So if an event file begins in this payload (a
//   right header at its start, or at the start of a field) the chain must besides go on behind the
//   claimed end, as far as the record is long and some more, or to the end of the file.
// - Or the chain ends where the file ends, before the claimed end. If the chain starts where the
//   payload does, or a field that goes on beyond the end of the file, the record may just be
//   unfinished and hold an event file.
// - Or neither a record nor zeros nor the end of the file stand at the claimed end, no event file
//   begins in the payload, and a right header, behind the chain or followed by another, leads
//   across that end. Of its record the payload is wrong: two records that follow each other, or
//   almost, have lost bytes.
// kRecord with offset `bytes`: there is no such chain; the header is to be believed. kNeedMore asks
// for `offset` bytes, beyond `bytes` by kMostBehind at most. What is read is taken off `*budget`;
// with too little left the header is believed.
Found find_shifted(ByteView window, std::uint64_t bytes, Last last, std::uint64_t* budget);

}  // namespace eventcodec::record
