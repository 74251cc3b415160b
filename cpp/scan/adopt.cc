// adopt.cc - puts together what two collectors have gathered from bytes that follow one another.
#include <algorithm>
#include <new>

#include "scan/collector.h"

namespace eventcodec::scan {
namespace {

// Fetches memory that will be written to.
void prefetch(const void* memory, std::size_t bytes) {
  constexpr std::size_t kLine = 64;  // of the cache
  const auto* begin = static_cast<const std::uint8_t*>(memory);
  for (std::size_t at = 0; at < bytes; at += kLine) __builtin_prefetch(begin + at, 1);
}

}  // namespace

// Rows are the last: of all that can fail nothing is left then.
bool Collector::adopt(Collector& part) {
  if (!can_adopt(part)) return false;
  if (arrivals_ == nullptr) arrivals_ = std::make_unique<std::atomic<std::uint32_t>>(0);
  adopt_series(part);
  if (part.tells_of_tags_) adopt_tags(part);
  for (std::size_t i = 0; i != part.adopted_as_.size(); ++i) {
    adopt_rows(series_[part.adopted_as_[i]], part.series_[i], part.leaving_);
  }
  if (!part.leaving_.empty()) ++*arrivals_;
  part.arrivals_of_adopter_ = arrivals_.get();
  return true;
}

// Writing to memory for the first time costs more than the copy does: whoever has gathered the rows
// does it, and still has them in a cache.
void Collector::hand_over() {
  for (std::size_t i = 0; i != leaving_.size(); ++i) {
    if (i + 1 != leaving_.size()) prefetch(leaving_[i + 1].to, leaving_[i + 1].bytes);
    std::memcpy(leaving_[i].to, leaving_[i].from, leaving_[i].bytes);
  }
  if (!leaving_.empty()) {
    leaving_.clear();
    --*arrivals_of_adopter_;
    arrivals_of_adopter_->notify_one();
  }
  for (Series& series : series_) {
    series.rows.size = 0;
    series.forms = 0;
    series.begun = false;
    series.described = false;
  }
  session_starts_.clear();
  row_counts_ = 0;
  if (!tells_of_tags_) return;
  // A guess that was right so far says nothing of what comes.
  for (auto& [tag, entry] : tags_) entry.guessed = false;
}

// Before rows are looked at, or moved to where there is room for more.
void Collector::await_arrivals() const {
  if (arrivals_ == nullptr) return;
  for (std::uint32_t count = *arrivals_; count != 0; count = *arrivals_) arrivals_->wait(count);
}

// The first metadata of a tag decide what its tensors are. A part that did not know them is right
// where it did not need them, or found the same.
bool Collector::can_adopt(const Collector& part) const {
  const auto fits = [&](const auto& of_part) {
    const auto& [tag, entry] = of_part;
    if (!entry.guessed && !entry.has_metadata) return true;
    const auto known = tags_.find(std::string_view(tag));
    if (known == tags_.end() || !known->second.has_metadata) return true;
    return !entry.guessed && (!entry.has_metadata || entry.owner == known->second.owner);
  };
  if (part.tells_of_tags_ && !std::all_of(part.tags_.begin(), part.tags_.end(), fits)) return false;
  // Whether the counts of a restart are kept depends on all that stand before: see add_session().
  const std::size_t most = part.session_starts_.size() * (series_.size() + part.series_.size());
  return part.session_starts_.empty() || row_counts_ + most <= kMostRowCounts;
}

// Makes room for the rows, too.
void Collector::adopt_series(Collector& part) {
  constexpr std::size_t kColumns = 3;
  part.leaving_.reserve(kColumns * part.series_.size());
  std::vector<std::uint32_t>& ids = part.adopted_as_;
  const std::size_t series_before = series_.size();
  for (std::size_t i = 0; i != part.series_.size(); ++i) {
    Series& from = part.series_[i];
    if (i == ids.size()) ids.push_back(id_of(entry_of(from.tag), from.tag, from.kind));
    if (from.forms == 0 && from.rows.size == 0) continue;  // nothing since an earlier stretch
    Series& series = series_[ids[i]];
    if (from.described || !series.begun) {
      const TagEntry& entry = entry_of(from.tag);
      if (from.described) {
        const TagEntry& later = part.tags_.find(std::string_view(from.tag))->second;
        describe(series, entry.has_metadata ? entry : later);
      } else if (entry.has_metadata) {
        describe(series, entry);
      } else {
        series.plugin = from.plugin;
        series.display_name = from.display_name;
        series.description = from.description;
      }
    }
    series.forms |= from.forms;
    series.begun = series.begun || from.begun || from.rows.size != 0;
    series.described = series.described || from.described;
    if (series.memory != nullptr && !make_room(series, from.rows.size)) throw std::bad_alloc();
  }
  adopt_restarts(part, series_before);
}

// The rows of the part are not yet among those that are counted here.
void Collector::adopt_restarts(Collector& part, std::size_t series_before) {
  const std::vector<std::uint32_t>& ids = part.adopted_as_;
  for (SessionStart& start : part.session_starts_) {
    std::vector<std::uint64_t> rows;
    rows.reserve(series_.size());
    for (std::size_t id = 0; id != series_before; ++id) rows.push_back(series_[id].size());
    for (std::size_t i = 0; i != start.rows.size(); ++i) {
      if (ids[i] >= rows.size()) rows.resize(ids[i] + std::size_t{1});
      rows[ids[i]] += start.rows[i];
    }
    row_counts_ += rows.size();
    start.rows = std::move(rows);
    session_starts_.push_back(std::move(start));
  }
}

void Collector::adopt_tags(const Collector& part) {
  for (const auto& [tag, later] : part.tags_) {
    if (!later.guessed && !later.has_metadata) continue;
    TagEntry& entry = entry_of(tag);
    entry.guessed = entry.guessed || later.guessed;
    has_guesses_ = has_guesses_ || later.guessed;
    if (entry.has_metadata || !later.has_metadata) continue;
    entry.has_metadata = true;
    entry.owner = later.owner;
    entry.display_name = later.display_name;
    entry.description = later.description;
  }
}

// Moves the memory of a series that is new here; of one that is not, notes what is to be copied to
// the room that was made.
void Collector::adopt_rows(Series& series, Series& part, std::vector<Copy>& leaving) {
  if (part.rows.size == 0) return;
  if (series.memory == nullptr) {
    series.rows = part.rows;
    series.memory = std::move(part.memory);
    part.rows = {};
    return;
  }
  Rows& rows = series.rows;
  const auto append = [&](auto* column, const auto* more) {
    leaving.push_back({column + rows.size, more, part.rows.size * sizeof *column});
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
