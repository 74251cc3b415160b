// shifted.cc - finds the records that follow one which has lost or gained bytes.
#include "record/shifted.h"

#include <algorithm>
#include <optional>

#include "record/unframe.h"
#include "wire/format.h"
#include "wire/read.h"

namespace eventcodec::record {
namespace {

// So far beyond what a record that holds an event file may have gained its neighbours have to go
// on.
constexpr std::uint64_t kFarBehind = std::uint64_t{64} << 10;

bool is_zero_header(const std::uint8_t* p) {
  return load_le<std::uint64_t>(p) == 0 && load_le<std::uint32_t>(p + kLengthBytes) == 0;
}

// Whether what stands at `end` speaks for a record that ends there: another record, zeros or the
// end of the file. Less than a header may be the end of a record that started before.
bool is_confirmed(ByteView window, std::uint64_t end) {
  if (window.size() < end + kHeaderBytes) return window.size() == end;
  const std::uint8_t* behind = window.data() + end;
  return has_header(behind) || is_zero_header(behind);
}

// The size of the protobuf field whose content begins at `at`, if it is `most` at most; else 0.
std::uint64_t field_at(ByteView window, std::size_t at, std::uint64_t most) {
  constexpr std::size_t kMostLengthBytes = 5;
  constexpr std::uint8_t kFirstKey = wire::tag(1, wire::Type::kBytes);
  constexpr std::uint8_t kTypeBits = 7;
  const std::uint8_t* content = window.data() + at;
  for (std::size_t size = 1; size <= kMostLengthBytes && at > kHeaderBytes + size; ++size) {
    const std::uint8_t* p = content - size;
    const std::uint8_t key = p[-1];  // of a field below 16
    if (key >= 0x80 || key < kFirstKey || ((key ^ kFirstKey) & kTypeBits) != 0) continue;
    std::uint64_t length = 0;
    if (!wire::read_varint(&p, content, &length) || p != content) continue;
    if (length <= most) return length;
  }
  return 0;
}

class Search {
 public:
  Search(ByteView window, std::uint64_t bytes, Last last, std::uint64_t* budget)
      : window_(window),
        bytes_(bytes),
        payload_end_(bytes - kFooterBytes),
        budget_(budget),
        last_(last),
        is_whole_(window.size() >= bytes),
        is_confirmed_(is_whole_ && is_confirmed(window, bytes)) {}

  Found run() {
    // Not beyond the last place where a whole header can stand: there may be less behind the end.
    const std::size_t stop = static_cast<std::size_t>(
        std::min<std::uint64_t>(bytes_, window_.size() - kHeaderBytes + 1));
    if (!pay(stop)) return believed();
    for (std::size_t at = find_header(window_, kHeaderBytes, stop); at < stop;) {
      if (const std::optional<Found> found = take(at); found.has_value()) return *found;
      at = find_header(window_, chain_end_ > at ? chain_end_ : at + 1, stop);
    }
    return believed();
  }

 private:
  // Looks at the right header at `at`.
  std::optional<Found> take(std::size_t at) {
    const std::uint64_t size = load_le<std::uint64_t>(window_.data() + at) + kOverheadBytes;
    const std::uint64_t end = at + size;
    const std::uint64_t wanted = end + (is_confirmed_ ? 0 : kHeaderBytes);
    if (lacks(wanted) && wanted <= bytes_ + kMostBehind) return need(wanted);
    const std::uint64_t room = room_at(at);
    is_host_ = is_host_ || room >= size;
    const bool follows = chain_end_ == at;
    if (!follows) {
      chain_ = at;
      room_of_chain_ = room;
    }
    const bool is_here = size <= window_.size() - at;
    if (is_here && !pay(size)) return believed();
    if (is_here && unframe(window_.subspan(at), Verify::kYes).kind == Unframed::Kind::kRecord) {
      chain_end_ = static_cast<std::size_t>(end);
      if (end > payload_end_) return is_host_ && is_whole_ ? judge_host(end) : chain();
      const bool is_last = end == window_.size();
      return is_last && !is_whole_ && room_of_chain_ < end - chain_ ? chain() : std::nullopt;
    }
    const bool leads_across = is_whole_ && !is_confirmed_ && !is_host_ && end > bytes_;
    return leads_across && (follows || is_followed(end)) ? chain() : std::nullopt;
  }

  // The chain has a record where the footer would be, and an event file begins in the payload.
  std::optional<Found> judge_host(std::uint64_t chain_end) {
    const std::uint64_t far = bytes_ + std::min(bytes_ + kFarBehind, kMostBehind);
    if (lacks(far)) return need(far);
    std::uint64_t at = chain_end;
    while (at < far && at != window_.size()) {
      if (window_.size() - at < kHeaderBytes) return believed();
      const Unframed found = unframe(window_.subspan(static_cast<std::size_t>(at)), Verify::kYes);
      if (found.kind == Unframed::Kind::kNeedMore) break;  // the last one is unfinished, or far
      if (found.kind == Unframed::Kind::kDamage || !pay(found.bytes)) return believed();
      at += found.bytes;
    }
    return chain();
  }

  // Whether another record, or the end of the file, stands at `at`.
  [[nodiscard]] bool is_followed(std::uint64_t at) const {
    if (at == window_.size()) return last_ == Last::kYes;
    return at + kHeaderBytes <= window_.size() && has_header(window_.data() + at);
  }

  // How long an event file may be that begins at `at`. Bytes that were added before have moved it.
  [[nodiscard]] std::uint64_t room_at(std::size_t at) const {
    const std::uint64_t payload = payload_end_ - kHeaderBytes;
    return at == kHeaderBytes ? payload : field_at(window_, at, payload);
  }

  bool pay(std::uint64_t bytes) {
    if (bytes > *budget_) return false;
    *budget_ -= bytes;
    return true;
  }

  [[nodiscard]] bool lacks(std::uint64_t bytes) const {
    return last_ == Last::kNo && bytes > window_.size();
  }
  static Found need(std::uint64_t bytes) {
    return {Found::Kind::kNeedMore, static_cast<std::size_t>(bytes)};
  }
  [[nodiscard]] Found believed() const {
    return {Found::Kind::kRecord, static_cast<std::size_t>(bytes_)};
  }
  [[nodiscard]] std::optional<Found> chain() const { return Found{Found::Kind::kRecord, chain_}; }

  ByteView window_;
  std::uint64_t bytes_;
  std::uint64_t payload_end_;
  std::uint64_t* budget_;
  Last last_;
  bool is_whole_;
  bool is_confirmed_;
  bool is_host_ = false;             // an event file begins in the payload
  std::size_t chain_ = 0;            // where it starts
  std::size_t chain_end_ = 0;        // where its last record ends
  std::uint64_t room_of_chain_ = 0;  // for an event file, where it starts
};

}  // namespace

Found find_shifted(ByteView window, std::uint64_t bytes, Last last, std::uint64_t* budget) {
  if (last == Last::kNo && window.size() < bytes + kHeaderBytes) {
    return {Found::Kind::kNeedMore, static_cast<std::size_t>(bytes + kHeaderBytes)};
  }
  if (window.size() < kHeaderBytes) return {Found::Kind::kRecord, static_cast<std::size_t>(bytes)};
  return Search(window, bytes, last, budget).run();
}

}  // namespace eventcodec::record
