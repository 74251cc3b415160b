// encode.cc - rows through a filter into blocks, blocks through a compressor into chunks.
#include "png/encode.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "png/checksums.h"
#include "png/deflate.h"
#include "png/filter.h"
#include "png/format.h"

namespace eventcodec::png {
namespace {

// A chunk is closed beyond this size; its length field ends at 2^31 - 1.
constexpr std::size_t kMaxChunkData = std::size_t{1} << 30;
constexpr std::size_t kFileBytes =
    sizeof kSignature + kChunkBytes + kHeaderDataBytes + kChunkBytes + kChunkBytes;

Error out_of_memory() {
  return {.code = Errc::kOutOfMemory, .message = "no memory for a PNG of this size"};
}

EVENTCODEC_INLINE std::uint8_t* store_be32(std::uint8_t* p, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *p++ = static_cast<std::uint8_t>(value >> shift);
  return p;
}

// Writes chunks at the end of a buffer: open, let others append the data, close.
class ChunkWriter {
 public:
  explicit ChunkWriter(Buffer& out) : out_(out) {}

  [[nodiscard]] bool open(const char (&type)[5]) {
    start_ = out_.size();
    std::uint8_t head[kChunkHeadBytes] = {};
    std::copy_n(type, 4, head + 4);
    return out_.append(head);
  }
  [[nodiscard]] std::size_t data_bytes() const { return out_.size() - start_ - kChunkHeadBytes; }
  [[nodiscard]] bool close() {
    std::uint8_t* chunk = out_.data() + start_;
    store_be32(chunk, static_cast<std::uint32_t>(data_bytes()));
    std::uint8_t sum[4];
    store_be32(sum, crc32(0, out_.view().subspan(start_ + 4)));
    return out_.append(sum);
  }

 private:
  Buffer& out_;
  std::size_t start_ = 0;
};

bool write_head(const Pixels& pixels, Buffer& out) {
  std::uint8_t data[kHeaderDataBytes] = {};
  std::uint8_t* p = store_be32(data, static_cast<std::uint32_t>(pixels.picture_width()));
  p = store_be32(p, static_cast<std::uint32_t>(pixels.picture_height()));
  *p++ = static_cast<std::uint8_t>(pixels.depth);
  *p++ = kColourType[pixels.channels];  // then deflate, the five filters, not interlaced: zeros
  ChunkWriter chunk(out);
  return out.append(kSignature) && chunk.open("IHDR") && out.append(data) && chunk.close();
}

bool write_end(Buffer& out) {
  ChunkWriter chunk(out);
  return chunk.open("IEND") && chunk.close();
}

// Makes scanlines: holds the row above, and the row in every filter.
class RowFilter {
 public:
  // False: out of memory.
  [[nodiscard]] bool prepare(const Pixels& pixels, std::size_t first_row = 0) {
    const std::size_t row_bytes = pixels.row_bytes();
    if (row_bytes > SIZE_MAX / (kFilters + 3)) return false;
    const std::size_t slot = kRowPadding + row_bytes + kRowPadding;
    memory_.reset(new (std::nothrow) std::uint8_t[slot * (kFilters + 2)]());
    if (memory_ == nullptr) return false;
    row_ = memory_.get() + kRowPadding;
    prior_ = row_ + slot;
    for (std::size_t f = 0; f < kFilters; ++f) candidates_[f] = prior_ + slot * (f + 1);
    if (first_row != 0) read_row(pixels, first_row - 1, prior_);
    return true;
  }

  // Writes the scanline of row y, 1 + row_bytes() bytes; rows come in order from first_row on.
  void next(const Pixels& pixels, std::size_t y, bool adaptive, std::uint8_t* scanline) {
    const std::size_t size = pixels.row_bytes();
    if (!adaptive) {
      *scanline = kNone;
      return read_row(pixels, y, scanline + 1);
    }
    read_row(pixels, y, row_);
    std::uint64_t costs[kFilters];
    chosen_filter().fn(row_, prior_, size, pixels.pixel_bytes(), candidates_, costs);
    const auto best = std::min_element(costs, costs + kFilters) - costs;
    *scanline = static_cast<std::uint8_t>(best);
    store_bytes(scanline + 1, {candidates_[best], size});
    std::swap(row_, prior_);
  }

 private:
  std::unique_ptr<std::uint8_t[]> memory_;
  std::uint8_t* row_ = nullptr;
  std::uint8_t* prior_ = nullptr;
  std::uint8_t* candidates_[kFilters] = {};
};

// The scanlines of some rows as IDAT chunks. The chunks of all bands in a row hold the zlib stream
// of the picture; the last one is left open for its checksum.
class Band {
 public:
  Band(const Pixels& pixels, Level level, std::size_t first_row, std::size_t end_row, Buffer& out)
      : pixels_(pixels),
        level_(level),
        first_row_(first_row),
        end_row_(end_row),
        last_(end_row == pixels.picture_height()),
        out_(out),
        chunk_(out) {}

  [[nodiscard]] bool write() {
    if (level_ == Level::kFast) deflater_ = Deflater::create();
    if (level_ == Level::kFast && deflater_ == nullptr) return false;
    if (!filter_.prepare(pixels_, first_row_) || !chunk_.open("IDAT")) return false;
    if (first_row_ == 0 && !out_.append(kZlibHeader)) return false;
    const std::size_t scanline_bytes = 1 + pixels_.row_bytes();
    for (std::size_t y = first_row_; y < end_row_; ++y) {
      std::uint8_t* scanline = pending_.reserve(scanline_bytes);
      if (scanline == nullptr) return false;
      filter_.next(pixels_, y, level_ == Level::kFast, scanline);
      pending_.commit(scanline_bytes);
      if (pending_.size() > kMaxBlock && !write_blocks(false)) return false;
    }
    if (!write_blocks(true)) return false;
    if (last_) return true;
    return (deflater_ == nullptr || deflater_->add_boundary(out_)) && chunk_.close();
  }

  // Adler-32 of the band, and of the whole picture given that of the bands before.
  [[nodiscard]] std::uint32_t adler() const { return adler_; }
  [[nodiscard]] std::uint32_t adler_after(std::uint32_t before) const {
    return adler32_join(before, adler_, (end_row_ - first_row_) * (1 + pixels_.row_bytes()));
  }
  [[nodiscard]] bool finish(std::uint32_t adler) {
    std::uint8_t sum[kAdlerBytes];
    store_be32(sum, adler);
    return out_.append(sum) && chunk_.close();
  }

 private:
  // Compresses what is pending in whole blocks; at the `end` all of it. Otherwise something is
  // kept back, because the last block must say that it is the last.
  [[nodiscard]] bool write_blocks(bool end) {
    ByteView left = pending_.view();
    while (end ? !left.empty() : left.size() > kMaxBlock) {
      const ByteView block = left.first(std::min(left.size(), kMaxBlock));
      left = left.subspan(block.size());
      adler_ = adler32(adler_, block);
      if (!write_block(block, last_ && end && left.empty())) return false;
      if (chunk_.data_bytes() > kMaxChunkData && !(chunk_.close() && chunk_.open("IDAT"))) {
        return false;
      }
    }
    pending_.drop_front(pending_.size() - left.size());
    return true;
  }

  [[nodiscard]] bool write_block(ByteView block, bool last) {
    return deflater_ != nullptr ? deflater_->add_block(block, last, out_)
                                : add_stored(block, last, out_);
  }

  const Pixels& pixels_;
  const Level level_;
  const std::size_t first_row_;
  const std::size_t end_row_;
  const bool last_;
  Buffer& out_;
  ChunkWriter chunk_;
  RowFilter filter_;
  Buffer pending_;
  std::unique_ptr<Deflater> deflater_;
  std::uint32_t adler_ = kAdlerStart;
};

bool write_whole(const Pixels& pixels, Level level, Buffer& out) {
  Band band(pixels, level, 0, pixels.picture_height(), out);
  return band.write() && band.finish(band.adler());
}

// How many bands are worth a thread each.
std::size_t bands_of(const Pixels& pixels, std::size_t threads) {
  constexpr std::size_t kBandBytes = std::size_t{512} << 10;
  const std::size_t rows_a_band = std::max<std::size_t>(1, kBandBytes / pixels.row_bytes());
  return std::min(threads, std::max<std::size_t>(1, pixels.picture_height() / rows_a_band));
}

// A band with a buffer of its own, for a thread of its own.
struct Part {
  Buffer out;
  std::optional<Band> band;
  bool written = false;
};

bool write_parts(const Pixels& pixels, Level level, std::size_t count, Buffer& out) {
  const std::unique_ptr<Part[]> parts(new (std::nothrow) Part[count]);
  if (parts == nullptr) return false;
  const std::size_t height = pixels.picture_height();
  const auto first_row = [&](std::size_t i) {
    return height / count * i + std::min(i, height % count);
  };
  for (std::size_t i = 0; i < count; ++i) {
    parts[i].band.emplace(pixels, level, first_row(i), first_row(i + 1), parts[i].out);
  }
  run_parallel(count, count, [&](std::size_t i) { parts[i].written = parts[i].band->write(); });
  std::uint32_t adler = kAdlerStart;
  for (std::size_t i = 0; i < count; ++i) {
    if (!parts[i].written) return false;
    adler = parts[i].band->adler_after(adler);
  }
  if (!parts[count - 1].band->finish(adler)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!out.append(parts[i].out.view())) return false;
  }
  return true;
}

bool write_data(const Pixels& pixels, Level level, std::size_t threads, Buffer& out) {
  const std::size_t parts = bands_of(pixels, threads);
  return parts == 1 ? write_whole(pixels, level, out) : write_parts(pixels, level, parts, out);
}

// Runs `write` and takes back what it appended when it fails.
template <class F>
Status all_or_nothing(const Pixels& pixels, Buffer& out, F&& write) {
  if (Status status = check(pixels); !status.ok()) return status;
  const std::size_t before = out.size();
  if (write()) return {};
  out.truncate(before);
  return out_of_memory();
}

}  // namespace

Status encode(const Pixels& pixels, Level level, std::size_t threads, Buffer& out) {
  return all_or_nothing(pixels, out, [&] {
    return write_head(pixels, out) && write_data(pixels, level, threads, out) && write_end(out);
  });
}

Status scanlines(const Pixels& pixels, bool adaptive, Buffer& out) {
  return all_or_nothing(pixels, out, [&] {
    RowFilter filter;
    const std::size_t scanline_bytes = 1 + pixels.row_bytes();
    const std::size_t height = pixels.picture_height();
    if (scanline_bytes > SIZE_MAX / 2 / height || !filter.prepare(pixels)) return false;
    std::uint8_t* scanline = out.reserve(scanline_bytes * height);
    if (scanline == nullptr) return false;
    for (std::size_t y = 0; y < height; ++y, scanline += scanline_bytes) {
      filter.next(pixels, y, adaptive, scanline);
    }
    out.commit(scanline_bytes * height);
    return true;
  });
}

Status wrap(const Pixels& pixels, ByteView zlib_stream, Buffer& out) {
  return all_or_nothing(pixels, out, [&] {
    if (!write_head(pixels, out)) return false;
    ChunkWriter chunk(out);
    do {
      const ByteView part = zlib_stream.first(std::min(zlib_stream.size(), kMaxChunkData));
      zlib_stream = zlib_stream.subspan(part.size());
      if (!chunk.open("IDAT") || !out.append(part) || !chunk.close()) return false;
    } while (!zlib_stream.empty());
    return write_end(out);
  });
}

}  // namespace eventcodec::png
