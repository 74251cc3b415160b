// restarts.h - what restarts of a run leave of the points that stand before them.
// A SessionLog START at step T says that the run was started again from T: points from T on that
// were logged before are void. eventcodec's writer says so with resume= and purge_step=, torch's
// and tensorboardX's with purge_step=, and TensorFlow's whenever a session begins.
//
// Source: tensorboard/backend/event_processing/event_accumulator.py, _CheckForRestartAndMaybePurge.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace eventcodec::scan {

class EventFile;

// Rows whose step is not below `step` are void if they stand before row `until` of their series.
struct Void {
  std::uint64_t until;
  std::int64_t step;
};

// Asks of rows in ascending order which of them are void.
class VoidWalk {
 public:
  explicit VoidWalk(std::span<const Void> voids) : voids_(voids) {}

  [[nodiscard]] bool is_void(std::uint64_t row, std::int64_t step) {
    while (next_ != voids_.size() && voids_[next_].until <= row) ++next_;
    return next_ != voids_.size() && step >= voids_[next_].step;
  }

 private:
  std::span<const Void> voids_;
  std::size_t next_ = 0;
};

// From which step on the files behind it void everything in a file; nullopt: nothing.
using FirstVoid = std::optional<std::int64_t>;

// Of each file of a run, in the order in which they are read.
std::vector<FirstVoid> first_voids(std::span<const EventFile* const> files);

// What is void of a series of a file. Both members ascend, so that of each row the first void that
// is not before it counts.
std::vector<Void> voids_of(const EventFile& file, std::size_t series, FirstVoid first_void);

}  // namespace eventcodec::scan
