// vdl_scalars.h - the fast path of a scan of VisualDL records: scalars that come in the order in
// which they came before, as those of a training loop do. After each the one that followed it last
// time is expected, and one comparison verifies its tag. Whatever differs is left to vdl_file.cc,
// which teaches the order.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "scan/columns.h"
#include "scan/selection.h"

namespace eventcodec::scan {

class VdlScalars {
 public:
  // A scalar of `series` was read.
  void learn(Series& series);
  // The series have moved.
  void follow(std::vector<Series>& all);
  void forget();

  struct Taken {
    std::size_t bytes = 0;
    std::uint64_t records = 0;
  };
  // Reads whole records from the start of `window` for as long as they are as expected, have
  // another record behind them and their series has room; appends the rows of wanted series that
  // stand at one of `steps`.
  Taken take(ByteView window, const StepRange& steps);

 private:
  struct Place {
    Series* series;
    std::uint32_t next;  // the place of the scalar that followed last time
  };
  std::vector<Place> places_;  // by Series::shape; 0 is nobody's
  std::uint32_t last_ = 0;
};

}  // namespace eventcodec::scan
