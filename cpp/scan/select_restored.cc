// select_restored.cc - takes out of what an index kept of a whole file what a selection leaves.
#include <algorithm>

#include "scan/collector.h"

namespace eventcodec::scan {
namespace {

Error out_of_memory() { return {.code = Errc::kOutOfMemory, .message = "saved columns"}; }

}  // namespace

Status Collector::select(const std::vector<Piece>& pieces, Format format) {
  const bool vdl = format == Format::kVisualDl;
  if (!vdl) {
    for (auto& [tag, entry] : tags_) entry.wanted = is_wanted(tag, nullptr);
  }
  for (std::size_t id = 0; id != series_.size(); ++id) {
    Series& series = series_[id];
    const std::string_view curve = series.description;
    series.timeless = describes_run(series.kind, vdl ? series.plugin : "");
    if (series.timeless) continue;
    if (!is_wanted(series.tag, vdl ? &curve : nullptr)) {
      series.saved.clear();
      series.saved_rows = 0;
      series.memory.reset();
      leave_out(series);
      for (SessionStart& start : session_starts_) {
        if (id < start.rows.size()) start.rows[id] = 0;
      }
    } else if (!steps_.is_everything()) {
      if (Status status = drop_steps(id, pieces); !status.ok()) return status;
    }
  }
  if (!undecided_) return {};
  return Error{.code = Errc::kCancelled, .message = "whether a tag is wanted could not be told"};
}

// Brings the rows of a series that are selected into memory, an extent at a time, and counts anew
// how many of them stand before each restart.
Status Collector::drop_steps(std::size_t id, const std::vector<Piece>& pieces) {
  Series& series = series_[id];
  Series kept;
  kept.kind = series.kind;
  std::uint64_t seen = 0;
  auto start = session_starts_.begin();
  const auto pass_starts = [&] {
    for (; start != session_starts_.end(); ++start) {
      if (id >= start->rows.size()) continue;
      if (start->rows[id] > seen) return;
      start->rows[id] = kept.rows.size;
    }
  };
  const auto take = [&](const Rows& rows) {
    for (std::uint64_t i = 0; i != rows.size; ++i, ++seen) {
      pass_starts();
      if (!steps_.holds(rows.steps[i])) continue;
      if (!kept.reserve(kept.rows.size + 1, memory_, 0)) return false;
      if (series.kind == Kind::kScalars) {
        kept.append_scalar(rows.steps[i], rows.wall_times[i], rows.values[i]);
      } else {
        kept.append_reference(rows.steps[i], rows.wall_times[i], rows.references[i]);
      }
    }
    return true;
  };
  for (const Extent& extent : series.saved) {
    if (extent.statistics.most_step < steps_.first) {
      seen += extent.statistics.count;
      continue;
    }
    Series part;
    part.kind = series.kind;
    const std::uint64_t rows = extent.statistics.count;
    if (!part.reserve(rows, memory_, 0)) return out_of_memory();
    Status status = read_extent(extent, pieces[extent.piece], series.kind, part.rows);
    if (!status.ok()) return status;
    if (!take(part.rows)) return out_of_memory();
  }
  if (!take(series.rows)) return out_of_memory();
  pass_starts();
  series.rows = kept.rows;
  series.memory = std::move(kept.memory);
  series.saved.clear();
  series.saved_rows = 0;
  return {};
}

}  // namespace eventcodec::scan
