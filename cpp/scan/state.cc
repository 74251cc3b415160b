// state.cc - what a scan has gathered, as bytes.
#include "scan/state.h"

#include <algorithm>
#include <array>

#include "record/unframe.h"
#include "scan/file.h"

namespace eventcodec::scan {
namespace {

// To be changed with every change of what is written here.
constexpr std::uint64_t kMagic = 0x35'6e'61'63'73'63'65'00;  // "\0ecscan5"

constexpr std::size_t kRowBytes = 16;     // of any kind, at least
constexpr std::size_t kExtentBytes = 96;  // as put_extent writes it

// The reasons of damage are words that do not change; they stand here as numbers.
std::array<const char*, 7> reasons() {
  using record::DamageKind;
  return {record::reason_of(DamageKind::kLengthCrc),
          record::reason_of(DamageKind::kTooLarge),
          record::reason_of(DamageKind::kPayloadCrc),
          kMalformedEvent,
          kMalformedRecord,
          kContradictingLengths,
          record::reason_of(DamageKind::kUnfinished)};
}

std::uint8_t number_of(const char* reason) {
  const auto all = reasons();
  std::uint8_t number = 0;
  while (number != all.size() && std::string_view(all[number]) != reason) ++number;
  return number;
}

const char* reason_of(std::uint8_t number) {
  return number < reasons().size() ? reasons()[number] : nullptr;
}

void put_extent(StateWriter& out, const Extent& extent) {
  const Statistics& of = extent.statistics;
  out.put(extent.piece);
  out.put(extent.crc);
  out.put(extent.offset);
  out.put(of.count);
  out.put(of.first_step);
  out.put(of.last_step);
  out.put(of.most_step);
  out.put(of.first_wall_time);
  out.put(of.last_wall_time);
  out.put(of.last);
  out.put(of.least);
  out.put(of.greatest);
  out.put(of.nans);
}

// Whether the rows are inside their piece.
bool get_extent(StateReader& in, Kind kind, const std::vector<Piece>& pieces, Extent* extent) {
  Statistics& of = extent->statistics;
  extent->piece = in.get<std::uint32_t>();
  extent->crc = in.get<std::uint32_t>();
  extent->offset = in.get<std::uint64_t>();
  of.count = in.get<std::uint64_t>();
  of.first_step = in.get<std::int64_t>();
  of.last_step = in.get<std::int64_t>();
  of.most_step = in.get<std::int64_t>();
  of.first_wall_time = in.get<double>();
  of.last_wall_time = in.get<double>();
  of.last = in.get<double>();
  of.least = in.get<double>();
  of.greatest = in.get<double>();
  of.nans = in.get<std::uint64_t>();
  if (!in.ok() || extent->piece >= pieces.size()) return false;
  const std::uint64_t bytes = pieces[extent->piece].bytes;
  return extent->offset <= bytes && of.count != 0 &&
         of.count <= (bytes - extent->offset) / row_bytes(kind);
}

void put_series(StateWriter& out, const Series& series) {
  out.put_text(series.tag);
  out.put_text(series.plugin);
  out.put_text(series.display_name);
  out.put_text(series.description);
  out.put(static_cast<std::uint8_t>(series.kind));
  out.put(series.forms);
  out.put<std::uint8_t>(series.described);
  out.put<std::uint64_t>(series.saved.size());
  for (const Extent& extent : series.saved) put_extent(out, extent);
  out.put(series.rows.size);
  out.put_column(series.rows.steps, series.rows.size);
  out.put_column(series.rows.wall_times, series.rows.size);
  if (series.kind == Kind::kScalars) {
    out.put_column(series.rows.values, series.rows.size);
  } else {
    out.put_column(series.rows.references, series.rows.size);
  }
}

void get_series(StateReader& in, const std::vector<Piece>& pieces, Series& series,
                ColumnMemory& memory) {
  series.tag = in.get_text();
  series.plugin = in.get_text();
  series.display_name = in.get_text();
  series.description = in.get_text();
  const auto kind = in.get<std::uint8_t>();
  series.forms = in.get<std::uint8_t>();
  series.described = in.get<std::uint8_t>() != 0;
  if (kind > static_cast<std::uint8_t>(Kind::kRaw)) return in.fail();
  series.kind = static_cast<Kind>(kind);
  const auto extents = in.get<std::uint64_t>();
  if (!in.can_hold(extents, kExtentBytes)) return in.fail();
  series.saved.reserve(extents);
  for (std::uint64_t i = 0; i != extents; ++i) {
    // Pieces ascend, so that no row counts twice and the sum cannot overflow.
    const std::uint32_t least = series.saved.empty() ? 0 : series.saved.back().piece + 1;
    Extent extent;
    if (!get_extent(in, series.kind, pieces, &extent) || extent.piece < least) return in.fail();
    series.saved_rows += extent.statistics.count;
    series.saved.push_back(extent);
  }
  const auto size = in.get<std::uint64_t>();
  if (!in.can_hold(size, kRowBytes)) return in.fail();
  if (size == 0) return;
  if (!series.reserve(size, memory, in.remaining())) return in.fail();
  in.get_column(series.rows.steps, size);
  in.get_column(series.rows.wall_times, size);
  if (series.kind == Kind::kScalars) {
    in.get_column(series.rows.values, size);
  } else {
    in.get_column(series.rows.references, size);
  }
  series.rows.size = size;
}

}  // namespace

void Collector::save(StateWriter& out) const {
  out.put<std::uint64_t>(series_.size());
  for (const Series& series : series_) put_series(out, series);
  out.put<std::uint64_t>(tags_.size());
  for (const auto& [tag, entry] : tags_) {
    out.put_text(tag);
    out.put<std::uint8_t>(entry.has_metadata);
    out.put<std::uint8_t>(entry.guessed);
    out.put<std::uint8_t>(entry.expected);
    out.put(bytes_of(entry));
    out.put_text(entry.owner.plugin);
    out.put(static_cast<std::uint8_t>(entry.owner.data_class));
    out.put_text(entry.display_name);
    out.put_text(entry.description);
    out.put<std::uint64_t>(entry.series.size());
    out.put_column(entry.series.data(), entry.series.size());
  }
  out.put<std::uint64_t>(session_starts_.size());
  for (const SessionStart& start : session_starts_) {
    out.put(start.step);
    out.put(start.offset);
    out.put<std::uint64_t>(start.rows.size());
    out.put_column(start.rows.data(), start.rows.size());
  }
}

bool Collector::restore(StateReader& in, const std::vector<Piece>& pieces) {
  const auto series = in.get<std::uint64_t>();
  if (!in.can_hold(series, 1)) return false;
  for (std::uint64_t i = 0; i != series && in.ok(); ++i) {
    get_series(in, pieces, series_.emplace_back(), memory_);
    series_.back().begun = series_.back().size() != 0;
  }
  const auto tags = in.get<std::uint64_t>();
  for (std::uint64_t i = 0; i != tags && in.ok(); ++i) {
    TagEntry& entry = tags_[in.get_text()];
    entry.has_metadata = in.get<std::uint8_t>() != 0;
    entry.guessed = in.get<std::uint8_t>() != 0;
    entry.expected = in.get<std::uint8_t>() != 0;
    has_guesses_ = has_guesses_ || entry.guessed;
    has_expectations_ = has_expectations_ || entry.expected;
    entry.bytes = in.get<std::uint64_t>();
    entry.owner.plugin = in.get_text();
    const auto data_class = in.get<std::uint8_t>();
    if (data_class > static_cast<std::uint8_t>(event::DataClass::kBlobSequence)) return false;
    entry.owner.data_class = static_cast<event::DataClass>(data_class);
    entry.display_name = in.get_text();
    entry.description = in.get_text();
    const auto size = in.get<std::uint64_t>();
    if (!in.can_hold(size, sizeof(std::uint32_t))) return false;
    entry.series.resize(size);
    in.get_column(entry.series.data(), size);
    const auto known = [&](std::uint32_t id) { return id < series_.size(); };
    if (!std::all_of(entry.series.begin(), entry.series.end(), known)) return false;
  }
  const auto starts = in.get<std::uint64_t>();
  for (std::uint64_t i = 0; i != starts && in.ok(); ++i) {
    SessionStart start{
        .step = in.get<std::int64_t>(), .offset = in.get<std::uint64_t>(), .rows = {}};
    const auto size = in.get<std::uint64_t>();
    if (!in.can_hold(size, sizeof(std::uint64_t))) return false;
    start.rows.resize(size);
    in.get_column(start.rows.data(), size);
    for (std::size_t row = 0; row != start.rows.size(); ++row) {
      if (row >= series_.size() || start.rows[row] > series_[row].size()) return false;
    }
    row_counts_ += size;
    session_starts_.push_back(std::move(start));
  }
  return in.ok();
}

Status EventFile::save(PieceWriter& out) const {
  StateWriter writer(out);
  const Identity identity = identity_.value_or(Identity{});
  writer.put(kMagic);
  writer.put(identity.device);
  writer.put(identity.inode);
  writer.put(identity.bytes);
  writer.put(identity.seconds);
  writer.put(identity.nanoseconds);
  writer.put<std::uint8_t>(settled_ && !torn_);
  writer.put(static_cast<std::uint8_t>(format_));
  writer.put(committed_);
  writer.put(records_);
  writer.put(bytes_);
  writer.put(pending_);
  writer.put(open_damage_ == nullptr ? std::uint8_t{0xff} : number_of(open_damage_));
  writer.put<std::uint64_t>(pieces_.size());
  writer.put<std::uint64_t>(damage_.size());
  for (const Damage& each : damage_) {
    writer.put(each.offset);
    writer.put(each.length);
    writer.put(number_of(each.reason));
    writer.put<std::uint8_t>(each.searched);
    writer.put(each.records_before);
  }
  collector_.save(writer);
  writer.put_sum();
  return writer.status();
}

Result<bool> EventFile::restore(ByteView state, std::vector<Piece> pieces) {
  if (state.size() < sizeof kMagic + sizeof(std::uint32_t)) return false;
  const ByteView content = state.first(state.size() - sizeof(std::uint32_t));
  const auto stored = load_le<std::uint32_t>(state.data() + content.size());
  if (crc32c::MaskedCrc::of(content).bits() != stored) return false;
  // So no memory is claimed for rows that cannot be there.
  const auto is_there = [](const Piece& piece) {
    return piece.segment != nullptr && piece.segment->holds(piece.offset, piece.bytes);
  };
  if (!std::all_of(pieces.begin(), pieces.end(), is_there)) return false;
  return without_bad_alloc([&]() -> Result<bool> {
    EventFile restored(path_, selection_);
    restored.pieces_ = std::move(pieces);
    StateReader in(content);
    if (!restored.restore_from(in)) return false;
    if (selection_ != nullptr) {
      const Status selected = restored.collector_.select(restored.pieces_, restored.format_);
      if (!selected.ok() && (selected.error().code == Errc::kOutOfMemory ||
                             selected.error().code == Errc::kCancelled)) {
        return selected.error();
      }
      if (!selected.ok()) return false;  // the pieces are damaged
    }
    *this = std::move(restored);
    return true;
  });
}

bool EventFile::restore_from(StateReader& in) {
  if (in.get<std::uint64_t>() != kMagic) return false;
  Identity identity;
  identity.device = in.get<std::uint64_t>();
  identity.inode = in.get<std::uint64_t>();
  identity.bytes = in.get<std::uint64_t>();
  identity.seconds = in.get<std::int64_t>();
  identity.nanoseconds = in.get<std::int64_t>();
  identity_ = identity;
  settled_ = in.get<std::uint8_t>() != 0;
  const auto format = in.get<std::uint8_t>();
  if (format > static_cast<std::uint8_t>(Format::kVisualDl)) return false;
  format_ = static_cast<Format>(format);
  committed_ = in.get<std::uint64_t>();
  records_ = in.get<std::uint64_t>();
  bytes_ = in.get<std::uint64_t>();
  pending_ = in.get<std::uint64_t>();
  open_damage_ = reason_of(in.get<std::uint8_t>());
  if (in.get<std::uint64_t>() != pieces_.size()) return false;
  const auto regions = in.get<std::uint64_t>();
  if (!in.can_hold(regions, 3 * sizeof(std::uint64_t))) return false;
  for (std::uint64_t i = 0; i != regions && in.ok(); ++i) {
    Damage each{};
    each.offset = in.get<std::uint64_t>();
    each.length = in.get<std::uint64_t>();
    each.reason = reason_of(in.get<std::uint8_t>());
    each.searched = in.get<std::uint8_t>() != 0;
    each.records_before = in.get<std::uint64_t>();
    if (each.reason == nullptr) return false;
    damage_.push_back(each);
  }
  const bool sane = settled_ && committed_ <= bytes_ && pending_ <= bytes_;
  return sane && collector_.restore(in, pieces_) && in.at_end();
}

}  // namespace eventcodec::scan
