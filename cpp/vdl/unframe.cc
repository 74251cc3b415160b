// unframe.cc - finds the VisualDL record at the start of a window of bytes.
#include "vdl/unframe.h"

#include "vdl/format.h"
#include "wire/read.h"

namespace eventcodec::vdl {

using record::Last;

Header read_header(ByteView window) {
  using Kind = Header::Kind;
  constexpr std::uint32_t kKey = wire::tag(kValues, wire::Type::kBytes);
  if (window.size() < kLengthBytes) return {Kind::kNeedMore};
  const auto length = load_le<std::uint64_t>(window.data());
  if (length == 0 || length > kMaxPayloadBytes) return {Kind::kContradicts};
  if (window.size() == kLengthBytes) return {Kind::kNeedMore};
  if (window[kLengthBytes] != kKey) return {Kind::kContradicts};
  const std::uint8_t* const begin = window.data() + kLengthBytes;
  const std::uint8_t* p = begin + 1;
  std::uint64_t inner = 0;
  if (!wire::read_varint(&p, window.data() + window.size(), &inner)) {
    return {window.size() < kHeaderBytes ? Kind::kNeedMore : Kind::kContradicts};
  }
  if (static_cast<std::uint64_t>(p - begin) + inner != length) return {Kind::kContradicts};
  return {Kind::kRecord, kLengthBytes + length};
}

Unframed unframe(ByteView window, Last last) {
  using Kind = Unframed::Kind;
  const Header header = read_header(window);
  if (header.kind == Header::Kind::kContradicts) return {Kind::kDamage};
  if (header.kind == Header::Kind::kNeedMore)
    return {.kind = Kind::kNeedMore, .bytes = kHeaderBytes};
  if (window.size() < header.bytes) return {.kind = Kind::kNeedMore, .bytes = header.bytes};
  const auto size = static_cast<std::size_t>(header.bytes);
  const Header next = read_header(window.subspan(size));
  if (next.kind == Header::Kind::kNeedMore && last == Last::kNo) {
    return {.kind = Kind::kNeedMore, .bytes = header.bytes + kHeaderBytes};
  }
  const bool followed = next.kind != Header::Kind::kContradicts;
  Unframed found{.kind = followed ? Kind::kRecord : Kind::kLoose, .bytes = header.bytes};
  if (!decode_record(window.first(size).subspan(kLengthBytes), &found.value)) {
    found.kind = followed ? Kind::kMalformed : Kind::kDamage;
  }
  return found;
}

}  // namespace eventcodec::vdl
