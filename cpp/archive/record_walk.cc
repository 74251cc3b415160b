// record_walk.cc - one record of a file after the other.
#include "archive/record_walk.h"

#include "record/unframe.h"

namespace eventcodec::archive {

using record::DamageKind;
using record::Unframed;
using scan::Skipped;

Step RecordWalk::end() {
  const std::uint64_t from = searched_to_.value_or(window_.offset());
  return {.kind = Step::Kind::kEnd, .offset = from, .bytes = window_.file_bytes() - from};
}

Result<Step> RecordWalk::next() {
  while (true) {
    if (searched_to_.has_value()) return end();
    const std::uint64_t offset = window_.offset();
    const Unframed found = record::unframe(window_.bytes(), record::Verify::kYes);
    const auto bytes = static_cast<std::size_t>(found.bytes);
    switch (found.kind) {
      case Unframed::Kind::kRecord: {
        const ByteView record = window_.bytes().first(bytes);
        window_.drop(bytes);
        return Step{
            .kind = Step::Kind::kRecord, .offset = offset, .bytes = bytes, .record = record};
      }
      case Unframed::Kind::kNeedMore: {
        if (!window_.can_hold(bytes)) return pass_unfinished(found.bytes);
        Status status = window_.fill(bytes);
        if (!status.ok()) return status.error();
        break;
      }
      case Unframed::Kind::kDamage:
        if (found.damage != DamageKind::kPayloadCrc) {
          return pass_damage(record::reason_of(found.damage));
        }
        return pass_payload(found);
    }
  }
}

// A record that the file does not hold: what is left, unless whole records follow it.
Result<Step> RecordWalk::pass_unfinished(std::uint64_t bytes) {
  const std::uint64_t offset = window_.offset();
  const Result<std::uint64_t> torn = scan::damaged_bytes(window_, bytes, budget_);
  if (!torn.ok()) return torn.error();
  if (torn.value() == bytes) return end();
  window_.drop(static_cast<std::size_t>(torn.value()));
  return Step{.kind = Step::Kind::kDamage,
              .offset = offset,
              .bytes = torn.value(),
              .reason = record::reason_of(DamageKind::kUnfinished),
              .searched = true};
}

Result<Step> RecordWalk::pass_payload(const Unframed& found) {
  const std::uint64_t offset = window_.offset();
  const Result<std::uint64_t> bytes = scan::damaged_bytes(window_, found.bytes, budget_);
  if (!bytes.ok()) return bytes.error();
  window_.drop(static_cast<std::size_t>(bytes.value()));
  return Step{.kind = Step::Kind::kDamage,
              .offset = offset,
              .bytes = bytes.value(),
              .reason = record::reason_of(found.damage),
              .searched = bytes.value() != found.bytes};
}

Result<Step> RecordWalk::pass_damage(const char* reason) {
  const std::uint64_t offset = window_.offset();
  const Result<Skipped> skipped = scan::skip_to_record(window_, scan::kEventFraming, budget_);
  if (!skipped.ok()) return skipped.error();
  const Skipped::Kind kind = skipped.value().kind;
  if (kind == Skipped::Kind::kZeros) {
    return Step{.kind = Step::Kind::kEnd, .offset = offset, .bytes = window_.file_bytes() - offset};
  }
  if (kind != Skipped::Kind::kRecord) searched_to_ = skipped.value().offset;
  return Step{.kind = Step::Kind::kDamage,
              .offset = offset,
              .bytes = skipped.value().offset - offset,
              .reason = reason,
              .searched = true};
}

}  // namespace eventcodec::archive
