// deflate.cc - one block: tokens, codes, bits.
#include "png/deflate.h"

#include <algorithm>
#include <new>

#include "png/bit_writer.h"
#include "png/format.h"

namespace eventcodec::png {
namespace {

void write_stored_head(std::size_t bytes, bool last, BitWriter& to) {
  to.put(last ? 1 : 0, 1);
  to.put(kStored, 2);
  to.align();
  const auto size = static_cast<std::uint16_t>(bytes);
  to.put(size, 16);
  to.put(static_cast<std::uint16_t>(~size), 16);
  to.flush();
}

void write_stored(ByteView data, bool last, BitWriter& to) {
  while (!data.empty()) {
    const ByteView part = data.first(std::min(data.size(), kMaxStoredBytes));
    data = data.subspan(part.size());
    write_stored_head(part.size(), last && data.empty(), to);
    to.put_bytes(part);
  }
}

}  // namespace

std::unique_ptr<Deflater> Deflater::create() {
  return std::unique_ptr<Deflater>(new (std::nothrow) Deflater);
}

// Tries repeats on a sample from the middle of the block. Looking for them everywhere takes longer
// than all the rest, and in photographs they cost more bits than they save.
bool Deflater::repeats_may_pay(ByteView data) {
  constexpr std::size_t kSample = 8 << 10;
  constexpr unsigned kLongestPause = 7;
  // About what a code of a distance takes with its extra bits.
  constexpr std::size_t kDistanceBits = 16;
  if (pause_ != 0) {
    --pause_;
    return false;
  }
  const std::size_t size = std::min(data.size(), kSample);
  const ByteView part = data.subspan((data.size() - size) / 2, size);
  run_finder_.tokenize(part, sample_);
  const std::size_t runs = run_code_.bits_of(part, sample_.view(), kDistanceBits);
  repeat_finder_.tokenize(part, sample_);
  const std::size_t repeats = run_code_.bits_of(part, sample_.view(), kDistanceBits);
  const bool may_pay = repeats < runs - runs / 16;
  next_pause_ = may_pay ? 0 : std::min(4 * next_pause_ + 3, kLongestPause);
  pause_ = next_pause_;
  return may_pay;
}

// Cuts the block into tokens_ and gives the code for them.
const BlockCode& Deflater::choose(ByteView data) {
  run_finder_.tokenize(data, runs_);
  run_code_.choose(data, runs_.view(), true);
  tokens_ = &runs_;
  if (!repeats_may_pay(data)) return run_code_;
  repeat_finder_.tokenize(data, repeats_);
  repeat_code_.choose(data, repeats_.view(), false);
  if (repeat_code_.bits() >= run_code_.bits()) return run_code_;
  tokens_ = &repeats_;
  return repeat_code_;
}

bool Deflater::add_block(ByteView data, bool last, Buffer& out) {
  const std::size_t stored = stored_bytes(data.size());
  // Where only a part was counted, the codes may take more bits than was thought.
  const std::size_t bound = std::max(stored, data.size() * kMaxCodeLength / 8) + 16;
  std::uint8_t* start = out.reserve(bound + BlockCode::kMaxHeadBytes + BitWriter::kSlack);
  if (start == nullptr) return false;
  const BlockCode& code = choose(data);
  BitWriter to(start, waiting_bits_, waiting_count_);
  // What saves less than a hundredth is not worth decoding.
  bool coded = code.bits() < 8 * (stored - stored / 128);
  if (coded) {
    code.write_head(last, to);
    code.fill(codes_);
    const auto tokens = tokens_->view();
    chosen_token_writer().fn(data.data(), tokens.data(), tokens.size(), codes_, &to);
    to.put(code.end_of_block().bits, code.end_of_block().length);
    to.flush();
    coded = static_cast<std::size_t>(to.end() - start) <= stored;
  }
  if (!coded) {
    to = BitWriter(start, waiting_bits_, waiting_count_);
    write_stored(data, last, to);
  }
  if (last) to.align();
  waiting_bits_ = to.bits();
  waiting_count_ = to.count();
  out.commit(static_cast<std::size_t>(to.end() - start));
  return true;
}

bool Deflater::add_boundary(Buffer& out) {
  std::uint8_t* start = out.reserve(1 + kStoredHeadBytes + BitWriter::kSlack);
  if (start == nullptr) return false;
  BitWriter to(start, waiting_bits_, waiting_count_);
  write_stored_head(0, false, to);
  waiting_bits_ = 0;
  waiting_count_ = 0;
  out.commit(static_cast<std::size_t>(to.end() - start));
  return true;
}

bool add_stored(ByteView data, bool last, Buffer& out) {
  std::uint8_t* start = out.reserve(stored_bytes(data.size()) + BitWriter::kSlack);
  if (start == nullptr) return false;
  BitWriter to(start);
  write_stored(data, last, to);
  out.commit(static_cast<std::size_t>(to.end() - start));
  return true;
}

}  // namespace eventcodec::png
