// vdl_file.cc - EventFile's way through the records of a VisualDL log. Nothing has a checksum
// there, so a record also counts by what stands around it.
#include <algorithm>

#include "scan/file.h"
#include "scan/skip.h"
#include "vdl/resync.h"

namespace eventcodec::scan {

using record::Found;
using record::Last;
using vdl::Unframed;

namespace {

// A write that stopped short and was followed by others leaves what looks like one large record, if
// a picture or numbers were torn. There are two ways to tell.

// Records inside `outer` end where it ends.
bool ends_with_records(ByteView outer) {
  std::uint64_t budget = record::kCrcBudgetPerByte * outer.size();
  std::size_t at = vdl::find_record(outer, 1, Last::kYes, &budget).offset;
  while (at < outer.size()) {
    const vdl::Header header = vdl::read_header(outer.subspan(at));
    if (header.kind != vdl::Header::Kind::kRecord || header.bytes > outer.size() - at) return false;
    at += static_cast<std::size_t>(header.bytes);
    if (at == outer.size()) return true;
  }
  return false;
}

// A number is too short to hold a record.
bool may_swallow(const vdl::ValueView& value) {
  return value.component != vdl::Component::kScalar && value.component != vdl::Component::kTagValue;
}

// What follows `outer` is no record, but one begins inside it: kRecord, or kNeedMore with the bytes
// from the window's start that would tell, else kDamage.
Unframed find_swallowed(ByteView window, const Unframed& outer, Last last) {
  std::uint64_t budget = record::kCrcBudgetPerByte * outer.bytes;
  const Found found = vdl::find_record(window, 1, last, &budget);
  const bool inside = found.offset < outer.bytes;
  if (inside && found.kind == Found::Kind::kRecord) return {.kind = Unframed::Kind::kRecord};
  if (!inside || last == Last::kYes) return {.kind = Unframed::Kind::kDamage};
  const vdl::Header header = vdl::read_header(window.subspan(found.offset));
  return {.kind = Unframed::Kind::kNeedMore,
          .bytes = found.offset + header.bytes + vdl::kHeaderBytes};
}

}  // namespace

Status EventFile::take_all_vdl(Window& window, SearchBudget& budget, const Options& options) {
  std::uint64_t wanted = 0;
  while (true) {
    Status status = window.fill(wanted);
    if (!status.ok()) return status;
    const Unframed found = take_vdl_records(window);
    if (status = decided(); !status.ok()) return status;
    if (!options.keep_rows) collector_.drop_rows_now_and_then(committed_);
    if (options.saving != nullptr) {
      Status saved = save_rows(*options.saving, options.saving->stretch);
      if (!saved.ok()) return saved;
    }
    const bool unfinished = found.kind == Unframed::Kind::kNeedMore;
    // Of a record that the file does not hold nothing more is read.
    if (unfinished && !window.at_end() &&
        window.can_hold(found.bytes - std::min<std::uint64_t>(found.bytes, vdl::kHeaderBytes))) {
      wanted = std::min(found.bytes, window.remaining());
      continue;
    }
    wanted = 0;
    const Result<bool> go_on = unfinished ? pass_unfinished(window, budget, options)
                                          : pass_vdl_damage(window, budget, found, options);
    if (!go_on.ok()) return go_on.error();
    if (!go_on.value()) return {};
  }
}

void EventFile::pass_records(Window& window, std::uint64_t bytes, std::uint64_t records) {
  window.drop(static_cast<std::size_t>(bytes));
  committed_ = window.offset();
  records_ += records;
  note_progress();
}

// Takes the records of the window, and returns what it stopped at.
Unframed EventFile::take_vdl_records(Window& window) {
  while (true) {
    const VdlScalars::Taken scalars = collector_.take_vdl_scalars(window.bytes());
    pass_records(window, scalars.bytes, scalars.records);
    const Last last = window.at_end() ? Last::kYes : Last::kNo;
    Unframed found = vdl::unframe(window.bytes(), last);
    if (found.kind == Unframed::Kind::kRecord && may_swallow(found.value) &&
        ends_with_records(window.bytes().first(static_cast<std::size_t>(found.bytes)))) {
      found.kind = Unframed::Kind::kLoose;
      return found;
    }
    if (found.kind == Unframed::Kind::kLoose) {
      const Unframed inside = find_swallowed(window.bytes(), found, last);
      if (inside.kind == Unframed::Kind::kRecord) return found;
      if (inside.kind == Unframed::Kind::kNeedMore && window.can_hold(inside.bytes)) return inside;
    } else if (found.kind != Unframed::Kind::kRecord) {
      return found;
    }
    collector_.add(found.value, committed_, found.bytes);
    pass_records(window, found.bytes, 1);
  }
}

// Deals with a record that goes on beyond the end of the file. False: it may be complete next time.
Result<bool> EventFile::pass_unfinished(Window& window, SearchBudget& budget,
                                        const Options& options) {
  const Result<Skipped> skipped = skip_to_record(window, kVisualDlFraming, budget);
  if (!skipped.ok()) return skipped.error();
  if (skipped.value().kind != Skipped::Kind::kRecord) return false;
  if (options.mode != Mode::kSalvage) {
    Status status = end_at(record::reason_of(record::DamageKind::kUnfinished),
                           {.kind = record::Unframed::Kind::kDamage}, options);
    if (!status.ok()) return status.error();
    return false;
  }
  damage_.push_back({committed_, skipped.value().offset - committed_,
                     record::reason_of(record::DamageKind::kUnfinished), true, records_});
  committed_ = skipped.value().offset;
  return true;
}

// Deals with what is no record. False: nothing after it can be read for now.
Result<bool> EventFile::pass_vdl_damage(Window& window, SearchBudget& budget, const Unframed& found,
                                        const Options& options) {
  const char* reason = found.kind == Unframed::Kind::kLoose
                           ? record::reason_of(record::DamageKind::kUnfinished)
                       : found.kind == Unframed::Kind::kMalformed ? kMalformedRecord
                                                                  : kContradictingLengths;
  if (options.mode != Mode::kSalvage) {
    Result<bool> zeros = is_zero_to_end(window);
    if (!zeros.ok()) return zeros.error();
    if (zeros.value()) return false;
    Status status = end_at(reason, {.kind = record::Unframed::Kind::kDamage}, options);
    if (!status.ok()) return status.error();
    return false;
  }
  if (found.kind != Unframed::Kind::kMalformed) return skip_damage(window, budget, reason);
  damage_.push_back({committed_, found.bytes, reason, false, records_});
  window.drop(static_cast<std::size_t>(found.bytes));
  committed_ = window.offset();
  return true;
}

}  // namespace eventcodec::scan
