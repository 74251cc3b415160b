// saved_rows.cc - how the rows of a file get into pieces and back.
#include <algorithm>

#include "scan/file.h"

namespace eventcodec::scan {
namespace {

Error out_of_memory() { return {.code = Errc::kOutOfMemory, .message = "saved columns"}; }

// Reads extents of a series and appends them and its rows in memory, for which there is room.
Status append_rows(const Series& series, std::span<const Extent> extents,
                   const std::vector<Piece>& pieces, Rows& into) {
  for (const Extent& extent : extents) {
    Status status = read_extent(extent, pieces[extent.piece], series.kind, into);
    if (!status.ok()) return status;
  }
  append_rows(into, series.rows, series.kind);
  return {};
}

// Gives the memory of a series without rows back.
void release(Series& series) {
  series.rows = {};
  series.memory.reset();
}

// Reads extents and puts the rows in memory behind them.
Status read_rows(const Series& series, std::span<const Extent> extents,
                 const std::vector<Piece>& pieces, Series* whole) {
  std::uint64_t rows = series.rows.size;
  for (const Extent& extent : extents) rows += extent.statistics.count;
  whole->kind = series.kind;
  ColumnMemory memory;
  if (!whole->reserve(rows, memory, rows * row_bytes(series.kind))) return out_of_memory();
  return append_rows(series, extents, pieces, whole->rows);
}

}  // namespace

std::uint64_t Collector::bytes_to_save(std::uint64_t least) const {
  std::uint64_t bytes = 0;
  for (const Series& series : series_) {
    if (series.rows.size >= least) bytes += series.rows.size * row_bytes(series.kind);
  }
  return bytes;
}

Status Collector::save_rows(PieceWriter& writer, std::uint32_t piece, std::uint64_t least) {
  const std::uint64_t begin = writer.offset();
  for (Series& series : series_) {
    // Tags that come one after the other must not keep the room that each of them had.
    const bool has_room_to_spare = series.rows.capacity > 2 * series.rows.size;
    if (series.rows.size == 0 && has_room_to_spare) release(series);
    if (series.rows.size == 0 || series.rows.size < least) continue;
    Extent extent;
    extent.piece = piece;
    extent.offset = writer.offset() - begin;
    add_rows(extent.statistics, series.rows, 0, {});
    if (Status status = writer.append(series.rows, series.kind, &extent.crc); !status.ok())
      return status;
    series.saved.push_back(extent);
    series.saved_rows += series.rows.size;
    series.rows.size = 0;
    if (has_room_to_spare) release(series);
  }
  return writer.flush();
}

Status Collector::take_back(const std::vector<Piece>& pieces, std::uint32_t first) {
  for (Series& series : series_) {
    const auto from = std::find_if(series.saved.begin(), series.saved.end(),
                                   [&](const Extent& each) { return each.piece >= first; });
    if (from == series.saved.end()) continue;
    Series whole;
    if (Status status = read_rows(series, {from, series.saved.end()}, pieces, &whole); !status.ok())
      return status;
    series.saved_rows -= whole.rows.size - series.rows.size;
    series.saved.erase(from, series.saved.end());
    series.rows = whole.rows;
    series.memory = std::move(whole.memory);
  }
  return {};
}

// Reads up to the end of the file, and hands the rows over after each stretch.
Status EventFile::take_and_save(Window& window, SearchBudget& budget, const Options& options) {
  const Saving& saving = *options.saving;
  while (true) {
    // How many rows a series will have in all is of no use: they do not stay.
    begin_ = committed_;
    end_ = committed_;
    const Result<bool> go_on = take_until(window, budget, options, committed_ + saving.stretch);
    if (!go_on.ok()) return go_on.error();
    if (!go_on.value()) return {};
    if (Status status = save_rows(saving, 0); !status.ok()) return status;
  }
}

// Makes a piece of the rows in memory, if they are more than `keep` bytes.
Status EventFile::save_rows(const Saving& saving, std::uint64_t keep) {
  if (collector_.bytes_to_save(saving.least_rows) <= keep) return {};
  const std::uint64_t begin = saving.writer->offset();
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  Status status = collector_.save_rows(*saving.writer, piece, saving.least_rows);
  if (!status.ok()) {
    torn_ = true;
    return status;
  }
  pieces_.push_back(
      {.segment = nullptr, .offset = begin, .bytes = saving.writer->offset() - begin});
  return {};
}

// Takes small pieces at the end back into memory when there will be a new one anyway. A piece is
// never taken back for less than half of its size: so a file that grows in small steps has few
// pieces, and each row is written anew only a few times.
Status EventFile::join_pieces(const Saving& saving, std::uint64_t new_bytes) {
  std::uint64_t gathered =
      collector_.bytes_to_save(saving.least_rows) + std::min(new_bytes, saving.stretch);
  if (gathered <= saving.keep) return {};
  std::size_t first = pieces_.size();
  while (first != 0 && pieces_[first - 1].bytes <= 2 * gathered &&
         gathered + pieces_[first - 1].bytes <= 2 * saving.stretch) {
    gathered += pieces_[--first].bytes;
  }
  if (first == pieces_.size()) return {};
  Status status = collector_.take_back(pieces_, static_cast<std::uint32_t>(first));
  pieces_.resize(first);
  return status;
}

Result<Loaded> EventFile::load(std::size_t id) {
  return without_bad_alloc([&]() -> Result<Loaded> {
    Series& series = collector_.series_at(id);
    if (!series.saved.empty()) {
      Series whole;
      const Status status = read_rows(series, series.saved, pieces_, &whole);
      if (status.ok() && series.kind == Kind::kScalars)
        return Loaded{series.kind, whole.rows, std::move(whole.memory)};
      if (status.ok()) {
        // Who reads values asks for references again and again.
        series.rows = whole.rows;
        series.memory = std::move(whole.memory);
        series.saved.clear();
        series.saved_rows = 0;
      } else if (status.error().code == Errc::kOutOfMemory) {
        return status.error();
      } else if (Status again = read_anew(); !again.ok()) {
        return again.error();
      }
    }
    return Loaded{series.kind, series.rows, series.memory};
  });
}

Status EventFile::copy_scalars(std::size_t id, Rows& into) {
  return without_bad_alloc([&]() -> Status {
    const Series& series = collector_.series_at(id);
    const std::uint64_t before = into.size;
    Status status = append_rows(series, series.saved, pieces_, into);
    if (status.ok() || status.error().code == Errc::kOutOfMemory) return status;
    into.size = before;
    if (Status again = read_anew(); !again.ok()) return again;
    return append_rows(series, series.saved, pieces_, into);
  });
}

// The saved rows cannot be read: gets the rows of all series from the file itself.
Status EventFile::read_anew() {
  EventFile fresh(path_, selection_);
  Buffer buffer;
  if (Status status = fresh.scan({}, buffer); !status.ok()) return status;
  auto known = collector_.series().begin();
  bool same = fresh.identity_->device == identity_->device &&
              fresh.identity_->inode == identity_->inode && fresh.committed_ >= committed_ &&
              fresh.series().size() >= collector_.series().size();
  for (std::size_t id = 0; same && known != collector_.series().end(); ++id, ++known) {
    const Series& found = fresh.series()[id];
    same = found.tag == known->tag && found.kind == known->kind && found.size() >= known->size();
  }
  if (!same) {
    return Error{.code = Errc::kCorrupt,
                 .message = "the index is damaged and the file has changed since: open it again"};
  }
  for (std::size_t id = 0; id != collector_.series().size(); ++id) {
    Series& series = collector_.series_at(id);
    const std::uint64_t rows = series.size();
    series.rows = fresh.collector_.series_at(id).rows;
    series.rows.size = rows;
    series.memory = fresh.collector_.series_at(id).memory;
    series.saved.clear();
    series.saved_rows = 0;
  }
  return {};
}

Result<Statistics> EventFile::statistics(std::size_t id, std::span<const Void> voids) {
  return without_bad_alloc([&]() -> Result<Statistics> {
    const Series& series = collector_.series_at(id);
    Statistics sum;
    std::uint64_t first = 0;
    for (const Extent& extent : series.saved) {
      const auto next = std::find_if(voids.begin(), voids.end(),
                                     [&](const Void& each) { return each.until > first; });
      // The least step of the voids is that of the first.
      if (next == voids.end() || extent.statistics.most_step < next->step) {
        add_statistics(sum, extent.statistics);
      } else {
        Series part;
        Series nothing;
        nothing.kind = series.kind;
        const Status status = read_rows(nothing, {&extent, 1}, pieces_, &part);
        if (!status.ok()) {
          if (Status again = read_anew(); !again.ok()) return again.error();
          sum = {};
          break;
        }
        add_rows(sum, part.rows, first, voids);
      }
      first += extent.statistics.count;
    }
    add_rows(sum, series.rows, series.saved_rows, voids);
    return sum;
  });
}

}  // namespace eventcodec::scan
