// state.h - what a scan has gathered, as bytes, so that an index can keep it.  The bytes are
// little-endian and follow one another without gaps; the last four are a checksum of the others.
// They are for the version of the library that wrote them and say so; whoever reads them trusts no
// length.
#pragma once

#include <string>

#include "crc32c/crc32c.h"
#include "scan/saved.h"

namespace eventcodec::scan {

class StateWriter {
 public:
  explicit StateWriter(PieceWriter& out) : out_(out) { out_.begin_sum(); }

  template <class T>
  void put(T value) {
    put_bytes({reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  }
  void put_text(std::string_view text) {
    put<std::uint64_t>(text.size());
    put_bytes(as_bytes(text));
  }
  // `size` elements without their number.
  template <class T>
  void put_column(const T* column, std::uint64_t size) {
    put_bytes({reinterpret_cast<const std::uint8_t*>(column), size * sizeof(T)});
  }

  // The checksum of all that was put.
  void put_sum() { put(crc32c::MaskedCrc::of_crc(out_.sum()).bits()); }

  // Of the first that could not be put.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] bool ok() const { return status_.ok(); }

 private:
  void put_bytes(ByteView bytes) {
    if (status_.ok()) status_ = out_.append(bytes);
  }

  PieceWriter& out_;
  Status status_;
};

class StateReader {
 public:
  explicit StateReader(ByteView in) : in_(in) {}

  // The next value, or zero when the bytes have ended.
  template <class T>
  T get() {
    T value{};
    const ByteView bytes = take(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string get_text() {
    const auto size = get<std::uint64_t>();
    return std::string(as_text(take(size)));
  }
  template <class T>
  void get_column(T* column, std::uint64_t size) {
    const ByteView bytes = take(size * sizeof(T));
    if (ok_ && !bytes.empty()) std::memcpy(column, bytes.data(), bytes.size());
  }

  // Whether `count` things of at least `each` bytes can still follow; no more memory than that is
  // ever claimed.
  [[nodiscard]] bool can_hold(std::uint64_t count, std::uint64_t each) const {
    return ok_ && count <= in_.size() / each;
  }
  [[nodiscard]] std::uint64_t remaining() const { return in_.size(); }
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && in_.empty(); }

 private:
  ByteView take(std::uint64_t bytes) {
    if (!ok_ || bytes > in_.size()) {
      ok_ = false;
      return {};
    }
    const ByteView taken = in_.first(static_cast<std::size_t>(bytes));
    in_ = in_.subspan(static_cast<std::size_t>(bytes));
    return taken;
  }

  ByteView in_;
  bool ok_ = true;
};

}  // namespace eventcodec::scan
