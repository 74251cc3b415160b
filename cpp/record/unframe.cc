// unframe.cc - finds the record at the start of a window of bytes.
#include "record/unframe.h"

#include "record/kernels.h"

namespace eventcodec::record {

const char* reason_of(DamageKind kind) {
  switch (kind) {
    case DamageKind::kLengthCrc:
      return "length checksum mismatch";
    case DamageKind::kTooLarge:
      return "length over 2 GiB";
    case DamageKind::kPayloadCrc:
      return "payload checksum mismatch";
    case DamageKind::kUnfinished:
      return "unfinished record before others";
  }
  return "unknown";
}

Unframed unframe(ByteView window, Verify verify) {
  using Kind = Unframed::Kind;
  using Outcome = Checked::Outcome;
  static const CheckFn best = select(check_kernels()).fn;
  const Checked checked = best(window.data(), window.size(), verify == Verify::kYes);
  const std::uint64_t bytes = checked.length + kOverheadBytes;
  switch (checked.outcome) {
    case Outcome::kNoHeader:
      return {.kind = Kind::kNeedMore, .bytes = kHeaderBytes};
    case Outcome::kUnfinished:
      return {.kind = Kind::kNeedMore, .bytes = bytes};
    case Outcome::kHeaderCrc:
      return {.kind = Kind::kDamage,
              .damage = DamageKind::kLengthCrc,
              .got = checked.got,
              .want = checked.want};
    case Outcome::kTooLarge:
      return {.kind = Kind::kDamage, .damage = DamageKind::kTooLarge};
    case Outcome::kPayloadCrc:
    case Outcome::kRecord:
      break;
  }
  return {.kind = checked.outcome == Outcome::kRecord ? Kind::kRecord : Kind::kDamage,
          .payload = window.subspan(kHeaderBytes, static_cast<std::size_t>(checked.length)),
          .bytes = bytes,
          .damage = DamageKind::kPayloadCrc,
          .got = checked.got,
          .want = checked.want};
}

}  // namespace eventcodec::record
