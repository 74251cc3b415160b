// unframer.cc - takes a file apart into records, chunk by chunk.
#include "record/unframer.h"

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
  return true;
}

Unframed Unframer::next() {
  if (searching_) return damage_;
  const Unframed found = unframe(rest(), verify_);
  if (found.kind == Unframed::Kind::kRecord) position_ += static_cast<std::size_t>(found.bytes);
  return found;
}

Unframer::Skipped Unframer::skip(Last last) {
  const Unframed found = next();
  if (found.kind != Unframed::Kind::kDamage) return {{offset(), 0}, true, false};
  if (found.damage == DamageKind::kPayloadCrc) {
    const Region region{offset(), found.bytes};
    position_ += static_cast<std::size_t>(found.bytes);
    return {region, true, false};
  }
  const std::size_t from = searching_ ? 0 : 1;  // a search never finds the damaged record again
  if (!searching_) {
    lost_from_ = offset();
    damage_ = found;
    searching_ = true;
    blank_ = true;
  }
  const Found result = find_record(rest(), from, last, &crc_budget_);
  blank_ = blank_ && all_zero(rest().first(result.offset));
  position_ += result.offset;
  searching_ = result.kind == Found::Kind::kNeedMore;
  return {{lost_from_, offset() - lost_from_}, !searching_, blank_ && all_zero(rest())};
}

}  // namespace eventcodec::record
