// unframer.cc - takes a file apart into records, chunk by chunk.
#include "record/unframer.h"

#include "crc32c/crc32c.h"
#include "record/outline.h"

namespace eventcodec::record {
namespace {

// Each byte equals the one before it, and the first is zero: memcmp does it with vectors.
bool all_zero(ByteView bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

bool Unframer::append(ByteView chunk) {
  dropped_ += position_;
  buffer_.drop_front(position_);
  position_ = 0;
  if (!buffer_.append(chunk)) return false;
  crc_budget_ += kCrcBudgetPerByte * chunk.size();
  shift_budget_ += kShiftBudgetPerByte * chunk.size();
  torn_bytes_ = 0;
  return true;
}

Unframed Unframer::next(Last last) {
  if (searching_) return damage_;
  const Unframed found = unframe(rest(), verify_);
  if (found.kind == Unframed::Kind::kRecord) position_ += static_cast<std::size_t>(found.bytes);
  const bool unfinished = found.kind == Unframed::Kind::kNeedMore && rest().size() >= kHeaderBytes;
  return unfinished && last == Last::kYes ? look_into(found) : found;
}

Unframed Unframer::look_into(const Unframed& unfinished) {
  if (torn_bytes_ == 0 && rest().size() <= kMostBehind) {
    const Found end = find_shifted(rest(), unfinished.bytes, Last::kYes, &shift_budget_);
    if (end.offset < rest().size()) torn_bytes_ = end.offset;
  }
  if (torn_bytes_ == 0) return unfinished;
  return {.kind = Unframed::Kind::kDamage, .bytes = torn_bytes_, .damage = DamageKind::kUnfinished};
}

Unframer::Outline Unframer::outline(Last last, std::uint64_t* bytes) {
  // A reader of a stream cannot know whether a record of this length is there: it waits for no more
  // than this.
  constexpr std::uint64_t kMostAwaited = std::uint64_t{1} << 20;
  if (rest().size() < kHeaderBytes) return Outline::kNone;
  for (const std::uint64_t length : possible_lengths(rest().data())) {
    if (length == kNoLength) continue;
    if (rest().size() < length + kOverheadBytes) {
      if (last == Last::kNo && length <= kMostAwaited) return Outline::kNeedMore;
      continue;
    }
    if (length > crc_budget_) continue;
    crc_budget_ -= length;
    const ByteView payload = rest().subspan(kHeaderBytes, static_cast<std::size_t>(length));
    const auto stored = load_le<std::uint32_t>(payload.data() + payload.size());
    if (crc32c::MaskedCrc::of(payload).bits() != stored) continue;
    *bytes = length + kOverheadBytes;
    return Outline::kFound;
  }
  return Outline::kNone;
}

Unframer::Skipped Unframer::skip(Last last) {
  const Unframed found = next(last);
  if (found.kind != Unframed::Kind::kDamage) return {{offset(), 0}, true, false, false};
  if (found.damage == DamageKind::kUnfinished) {
    const Region region{offset(), found.bytes};
    position_ += static_cast<std::size_t>(found.bytes);
    torn_bytes_ = 0;
    return {region, true, false, true};
  }
  if (found.damage == DamageKind::kPayloadCrc) {
    const bool lacks = last == Last::kNo && rest().size() < wanted_;
    const Found end = lacks ? Found{Found::Kind::kNeedMore, wanted_}
                            : find_shifted(rest(), found.bytes, last, &shift_budget_);
    wanted_ = end.kind == Found::Kind::kNeedMore ? end.offset : 0;
    if (wanted_ != 0) return {{offset(), 0}, false, false, false};
    const Region region{offset(), end.offset};
    position_ += end.offset;
    return {region, true, false, region.length != found.bytes};
  }
  if (!searching_) {
    lost_from_ = offset();
    damage_ = found;
    searching_ = true;
    outlined_ = false;
    blank_ = true;
  }
  const std::size_t from = outlined_ ? 0 : 1;  // a search never finds the damaged record again
  if (!outlined_) {
    std::uint64_t bytes = 0;
    const Outline outlined = outline(last, &bytes);
    if (outlined == Outline::kNeedMore) return {{lost_from_, 0}, false, all_zero(rest()), true};
    outlined_ = true;
    if (outlined == Outline::kFound) {
      position_ += static_cast<std::size_t>(bytes);
      searching_ = false;
      return {{lost_from_, bytes}, true, false, true};
    }
  }
  const Found result = find_record(rest(), from, last, &crc_budget_);
  blank_ = blank_ && all_zero(rest().first(result.offset));
  position_ += result.offset;
  searching_ = result.kind == Found::Kind::kNeedMore;
  return {{lost_from_, offset() - lost_from_}, !searching_, blank_ && all_zero(rest()), true};
}

}  // namespace eventcodec::record
