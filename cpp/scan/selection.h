// selection.h - which tags and steps of files become rows. What is not selected is read and checked
// like everything else, so that kinds, restarts and damage are those of the whole file; it only
// gets no rows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scan/columns.h"

namespace eventcodec::scan {

// The steps from `first` to `first + width`, both included; all of them unless told otherwise.
struct StepRange {
  std::int64_t first = std::numeric_limits<std::int64_t>::min();
  std::uint64_t width = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool holds(std::int64_t step) const {
    return static_cast<std::uint64_t>(step) - static_cast<std::uint64_t>(first) <= width;
  }
  [[nodiscard]] bool is_everything() const {
    return width == std::numeric_limits<std::uint64_t>::max();
  }
  [[nodiscard]] std::int64_t last() const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + width);
  }
};

// Whether a series says what the run is, and not how it went: it is kept whatever its tag and
// steps.
bool describes_run(Kind kind, std::string_view plugin);

// May be shared by all files and threads of a scan.
class Selection {
 public:
  // Says whether a tag is wanted. `curve` is null in event files; in VisualDL logs it is the
  // series' description, which tells curves of one tag apart. Nothing: it cannot say, and whoever
  // made it knows why. May be called by several threads at once; what it has said is remembered.
  using Wants =
      std::function<std::optional<bool>(std::string_view tag, const std::string_view* curve)>;

  // Without `wants` every tag is wanted.
  explicit Selection(StepRange steps, Wants wants = {}) : steps_(steps), wants_(std::move(wants)) {}

  [[nodiscard]] const StepRange& steps() const { return steps_; }
  // Whether a tag is wanted; nothing when that cannot be said. Throws std::bad_alloc.
  [[nodiscard]] std::optional<bool> wants(std::string_view tag,
                                          const std::string_view* curve = nullptr) const;

 private:
  StepRange steps_;
  Wants wants_;
  mutable std::mutex mutex_;  // of what follows; never held while wants_ is called
  mutable std::map<std::string, bool, std::less<>> tags_;
  mutable std::map<std::pair<std::string, std::string>, bool> curves_;  // tag, description
};

}  // namespace eventcodec::scan
