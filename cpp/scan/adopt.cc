// adopt.cc - puts together what two collectors have gathered from bytes that follow one another.
#include <new>

#include "base/parallel.h"
#include "scan/collector.h"

namespace eventcodec::scan {

bool Collector::adopt(Collector& part, std::size_t threads) {
  if (!can_adopt(part)) return false;
  std::vector<std::uint64_t> rows_before;
  rows_before.reserve(series_.size());
  for (const Series& series : series_) rows_before.push_back(series.size());
  const std::vector<std::uint32_t> ids = adopt_series(part, threads);
  for (SessionStart& start : part.session_starts_) {
    std::vector<std::uint64_t> rows = rows_before;
    for (std::size_t i = 0; i != start.rows.size(); ++i) {
      if (ids[i] >= rows.size()) rows.resize(ids[i] + std::size_t{1});
      rows[ids[i]] += start.rows[i];
    }
    row_counts_ += rows.size();
    start.rows = std::move(rows);
    session_starts_.push_back(std::move(start));
  }
  return true;
}

void Collector::drop_adopted() {
  for (Series& series : series_) {
    series.rows.size = 0;
    series.forms = 0;
    series.begun = false;
    series.described = false;
  }
  session_starts_.clear();
  row_counts_ = 0;
  // A guess that was right so far says nothing of what comes.
  for (auto& [tag, entry] : tags_) entry.guessed = false;
}

// The first metadata of a tag decide what its tensors are. A part that did not know them is right
// where it did not need them, or found the same.
bool Collector::can_adopt(const Collector& part) const {
  for (const auto& [tag, entry] : part.tags_) {
    if (!entry.guessed && !entry.has_metadata) continue;
    const auto known = tags_.find(std::string_view(tag));
    if (known == tags_.end() || !known->second.has_metadata) continue;
    if (entry.guessed) return false;
    if (entry.has_metadata && entry.owner != known->second.owner) return false;
  }
  // Whether the counts of a restart are kept depends on all that stand before: see add_session().
  const std::size_t most = part.session_starts_.size() * (series_.size() + part.series_.size());
  return part.session_starts_.empty() || row_counts_ + most <= kMostRowCounts;
}

// Returns the number that each series of the part has here.
std::vector<std::uint32_t> Collector::adopt_series(Collector& part, std::size_t threads) {
  std::vector<std::uint32_t> ids;
  std::vector<Copy> copies;
  ids.reserve(part.series_.size());
  for (Series& from : part.series_) {
    TagEntry& entry = entry_of(from.tag);
    ids.push_back(id_of(entry, from.tag, from.kind));
    Series& series = series_[ids.back()];
    if (from.forms == 0 && from.rows.size == 0) continue;  // nothing since an earlier stretch
    if (from.described) {
      const TagEntry& later = part.tags_.find(std::string_view(from.tag))->second;
      describe(series, entry.has_metadata ? entry : later);
    } else if (!series.begun && entry.has_metadata) {
      describe(series, entry);
    } else if (!series.begun) {
      series.plugin = from.plugin;
      series.display_name = from.display_name;
      series.description = from.description;
    }
    series.forms |= from.forms;
    series.begun = series.begun || from.begun || from.rows.size != 0;
    series.described = series.described || from.described;
    adopt_rows(series, from, copies);
  }
  // Writing to memory for the first time costs more than the copy does: the threads share both.
  run_parallel(copies.size(), threads,
               [&](std::size_t i) { std::memcpy(copies[i].to, copies[i].from, copies[i].bytes); });
  for (const auto& [tag, later] : part.tags_) {
    TagEntry& entry = entry_of(tag);
    entry.guessed = entry.guessed || later.guessed;
    has_guesses_ = has_guesses_ || later.guessed;
    if (entry.has_metadata || !later.has_metadata) continue;
    entry.has_metadata = true;
    entry.owner = later.owner;
    entry.display_name = later.display_name;
    entry.description = later.description;
  }
  return ids;
}

// Moves the memory of a series that is new here; of one that is not, notes what is to be copied.
void Collector::adopt_rows(Series& series, Series& part, std::vector<Copy>& copies) {
  if (part.rows.size == 0) return;
  if (series.memory == nullptr) {
    series.rows = part.rows;
    series.memory = std::move(part.memory);
    part.rows = {};
    return;
  }
  if (!make_room(series, part.rows.size)) throw std::bad_alloc();
  Rows& rows = series.rows;
  const auto append = [&](auto* column, const auto* more) {
    copies.push_back({column + rows.size, more, part.rows.size * sizeof *column});
  };
  append(rows.steps, part.rows.steps);
  append(rows.wall_times, part.rows.wall_times);
  if (series.kind == Kind::kScalars) {
    append(rows.values, part.rows.values);
  } else {
    append(rows.references, part.rows.references);
  }
  rows.size += part.rows.size;
}

}  // namespace eventcodec::scan
