// VisualDL logs to columns: growth, every flipped bit, torn records, zeros, modes. What was read
// and what was skipped cover the file exactly.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>

#include "base/buffer.h"
#include "check.h"
#include "scan/fetch.h"
#include "scan/file.h"
#include "vdl/encode.h"
#include "vdl/format.h"
#include "vdl/unframe.h"

using eventcodec::as_bytes;
using eventcodec::Buffer;
using eventcodec::ByteView;
using eventcodec::Errc;
using eventcodec::Status;
namespace scan = eventcodec::scan;
namespace vdl = eventcodec::vdl;

namespace {

constexpr std::int64_t kTimestamp = 1700000000250;
using Bytes = std::vector<std::uint8_t>;

// A log, and where its records begin (and it ends).
struct Log {
  Bytes bytes;
  std::vector<std::uint64_t> starts{0};

  template <class Put>
  void add(std::size_t bound, Put&& put) {
    const std::size_t at = bytes.size();
    bytes.resize(at + vdl::kOverheadBytes + bound);
    std::uint8_t* const payload = bytes.data() + at + vdl::kLengthBytes;
    std::uint8_t* const end =
        vdl::seal(bytes.data() + at, static_cast<std::size_t>(put(payload) - payload));
    bytes.resize(static_cast<std::size_t>(end - bytes.data()));
    starts.push_back(bytes.size());
  }
  void add_scalar(std::int64_t step, std::string_view tag = "train/loss") {
    add(vdl::scalar_bound(tag.size()), [&](std::uint8_t* p) {
      return vdl::put_scalar(p, {kTimestamp + step, step}, tag, static_cast<float>(step) / 4);
    });
  }
  void add_image(std::int64_t step, std::size_t size) {
    check::Random random(static_cast<std::uint64_t>(step + 1));
    Bytes message = {0x22};
    message.resize(16);
    std::size_t at = 1;
    for (std::size_t rest = size;; rest >>= 7) {
      message[at++] = static_cast<std::uint8_t>(rest < 0x80 ? rest : (rest | 0x80));
      if (rest < 0x80) break;
    }
    message.resize(at);
    const Bytes noise = random.bytes(size);
    message.insert(message.end(), noise.begin(), noise.end());
    add(vdl::message_bound(5, message.size()), [&](std::uint8_t* p) {
      return vdl::put_message(p, {kTimestamp + step, step}, "image", vdl::kImage, message);
    });
  }
  void add_text(std::int64_t step) {
    add(vdl::message_bound(4, 8), [&](std::uint8_t* p) {
      return vdl::put_message(p, {kTimestamp + step, step}, "text", vdl::kText,
                              as_bytes("\x0a\x05hello"));
    });
  }
};

Log mixed_log(int steps, std::size_t image_bytes = 300) {
  Log log;
  log.add(vdl::meta_bound(4), [](std::uint8_t* p) { return vdl::put_meta(p, kTimestamp, "name"); });
  for (int step = 0; step != steps; ++step) {
    log.add_scalar(step);
    log.add(vdl::tag_value_bound(5, 3), [&](std::uint8_t* p) {
      return vdl::put_tag_value(p, {kTimestamp + step, step}, "curve", "sin", 1.0F);
    });
    if (step % 3 == 0) log.add_image(step, image_bytes);
    if (step % 4 == 0) log.add_text(step);
  }
  return log;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const char* name = "vdlrecords.1700000000.log") {
    std::string pattern = (std::filesystem::temp_directory_path() / "vdl_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/" + name;
  }
  ~TemporaryFile() { std::filesystem::remove_all(directory_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(ByteView bytes, std::ios::openmode mode = std::ios::trunc) const {
    std::ofstream out(path_, std::ios::binary | mode);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
};

Status scan_file(scan::EventFile& file, scan::Mode mode = scan::Mode::kSalvage) {
  Buffer buffer;
  return file.scan({.mode = mode}, buffer);
}

scan::EventFile scanned(const TemporaryFile& on_disk, ByteView bytes) {
  on_disk.write(bytes);
  scan::EventFile file(on_disk.path());
  CHECK(scan_file(file).ok());
  return file;
}

std::uint64_t rows_of(const scan::EventFile& file) {
  std::uint64_t rows = 0;
  for (const scan::Series& series : file.series()) rows += series.rows.size;
  return rows;
}

// How many records of `log` stand outside every skipped region and the unfinished tail; a region
// that begins or ends inside a record counts against it, too.
std::uint64_t untouched(const Log& log, const scan::EventFile& file) {
  std::vector<scan::Damage> regions = file.damage();
  regions.push_back({file.bytes() - file.pending(), file.pending(), "pending", 0});
  std::uint64_t count = 0;
  for (std::size_t i = 0; i + 1 != log.starts.size(); ++i) {
    count += std::none_of(regions.begin(), regions.end(), [&](const scan::Damage& region) {
      return region.offset < log.starts[i + 1] && log.starts[i] < region.offset + region.length;
    });
  }
  return count;
}

bool is_boundary(const Log& log, std::uint64_t offset) {
  return std::binary_search(log.starts.begin(), log.starts.end(), offset);
}

TEST(reads_all_components) {
  const TemporaryFile on_disk;
  const Log log = mixed_log(30);
  const scan::EventFile file = scanned(on_disk, log.bytes);
  CHECK(file.format() == scan::Format::kVisualDl);
  CHECK_EQ(file.records(), log.starts.size() - 1);
  CHECK_EQ(rows_of(file), log.starts.size() - 1);
  CHECK(file.damage().empty());
  CHECK_EQ(file.series().size(), std::size_t{5});
  CHECK_EQ(file.series()[0].display_name, "name");
  CHECK_EQ(file.series()[2].tag, "curve/sin");
  CHECK_EQ(file.series()[2].description, "curve of the VisualDL chart curve");
  const scan::Series& loss = file.series()[1];
  CHECK_EQ(loss.rows.steps[7], 7);
  CHECK_EQ(loss.rows.values[7], 1.75);
  CHECK_EQ(loss.rows.wall_times[7], 1700000000.257);
  const scan::Series& image = file.series()[3];
  const std::span references(image.rows.references, image.rows.size);
  const auto is_image = [](std::size_t, const scan::Fetched& value) -> eventcodec::Status {
    CHECK_EQ(vdl::encoded_image_of(value.vdl_value.body).size(), std::size_t{300});
    return {};
  };
  scan::Batch batch;
  CHECK(scan::fetch(on_disk.path(), file.format(), references, "image", 2, is_image, &batch).ok());
  CHECK_EQ(batch.values.size(), references.size());
  CHECK(!scan::fetch(on_disk.path(), file.format(), references, "text", 2, is_image, &batch).ok());
}

// Scalars that come in turn are expected: whatever comes instead, the rows are those of one record
// read after the other.
TEST(rows_are_those_of_the_records_in_any_order) {
  check::Random random(3);
  Log log;
  for (int step = 0; step != 3000; ++step) {
    // Mostly in turn, one record of a tag that is new now and then, and others in between.
    const std::string tag = random.below(20) == 0   ? "new" + std::to_string(random.below(50))
                            : random.below(20) == 0 ? std::string(130, 'l')
                                                    : "tag" + std::to_string(step % 7);
    log.add_scalar(random.below(9) == 0 ? -step : step, tag);
    if (random.below(30) == 0) log.add_text(step);
    if (random.below(30) == 0) log.add_image(step, 200);
  }
  struct Column {
    std::vector<std::int64_t> steps;
    std::vector<double> wall_times, values;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Column> columns;
  for (ByteView rest = log.bytes; !rest.empty();) {
    const vdl::Unframed found = vdl::unframe(rest, eventcodec::record::Last::kYes);
    CHECK(found.kind == vdl::Unframed::Kind::kRecord);
    Column& column = columns[std::string(eventcodec::as_text(found.value.tag))];
    column.bytes += found.bytes;
    column.steps.push_back(found.value.step);
    column.wall_times.push_back(vdl::wall_time_of(found.value.timestamp));
    column.values.push_back(static_cast<double>(found.value.number));
    rest = rest.subspan(static_cast<std::size_t>(found.bytes));
  }
  const TemporaryFile on_disk;
  const scan::EventFile file = scanned(on_disk, log.bytes);
  CHECK_EQ(file.records(), log.starts.size() - 1);
  CHECK_EQ(file.series().size(), columns.size());
  for (const scan::Series& series : file.series()) {
    const Column& want = columns[series.tag];
    const scan::Rows& rows = series.rows;
    CHECK_EQ(series.bytes, want.bytes);
    CHECK_EQ(rows.size, want.steps.size());
    CHECK(std::equal(want.steps.begin(), want.steps.end(), rows.steps));
    CHECK(std::equal(want.wall_times.begin(), want.wall_times.end(), rows.wall_times));
    if (series.kind != scan::Kind::kScalars) continue;
    CHECK(std::equal(want.values.begin(), want.values.end(), rows.values));
  }
}

TEST(the_content_says_what_a_file_is) {
  const TemporaryFile misnamed("events.out.tfevents.1");
  CHECK(scanned(misnamed, mixed_log(3).bytes).format() == scan::Format::kVisualDl);
  const TemporaryFile named;
  CHECK(scanned(named, as_bytes("nothing of the sort")).format() == scan::Format::kVisualDl);
}

TEST(equal_names_of_charts_stay_apart) {
  Log log;
  const auto add = [&](std::string_view tag, std::string_view sub) {
    log.add(vdl::tag_value_bound(tag.size(), sub.size()), [&](std::uint8_t* p) {
      return vdl::put_tag_value(p, {kTimestamp, 1}, tag, sub, 1.0F);
    });
  };
  add("a", "b/c");
  add("a/b", "c");
  log.add_scalar(1, "a/b/c");
  const TemporaryFile on_disk;
  CHECK_EQ(scanned(on_disk, log.bytes).series().size(), std::size_t{3});
}

TEST(grows_byte_by_byte) {
  const TemporaryFile on_disk;
  const Log log = mixed_log(8);
  on_disk.write({});
  scan::EventFile file(on_disk.path());
  for (std::size_t at = 0; at != log.bytes.size(); ++at) {
    on_disk.write(ByteView(log.bytes).subspan(at, 1), std::ios::app);
    CHECK(scan_file(file).ok());
    const auto whole = std::upper_bound(log.starts.begin(), log.starts.end(), at + 1) - 1;
    CHECK_EQ(file.records(), static_cast<std::uint64_t>(whole - log.starts.begin()));
    CHECK_EQ(file.pending(), at + 1 - *whole);
    CHECK(file.damage().empty());
  }
}

// A flipped bit costs its own record or shows in it. It never costs another one.
TEST(a_flipped_bit_costs_one_record_at_most) {
  const TemporaryFile on_disk;
  const Log log = mixed_log(7, 10);
  std::size_t found = 0;
  std::size_t flips = 0;
  for (std::size_t byte = 0; byte != log.bytes.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; bit += 5) {
      Bytes bytes = log.bytes;
      bytes[byte] = static_cast<std::uint8_t>(bytes[byte] ^ (1u << bit));
      const scan::EventFile file = scanned(on_disk, bytes);
      const std::vector<scan::Damage> damage = file.damage();
      ++flips;
      found += damage.empty() && file.pending() == 0 ? 0 : 1;
      CHECK_EQ(file.records(), untouched(log, file));
      CHECK(file.records() + 2 >= log.starts.size());
      CHECK(damage.size() <= 1);
      for (const scan::Damage& region : damage) {
        CHECK(region.offset <= byte && byte < region.offset + region.length);
        CHECK(is_boundary(log, region.offset) && is_boundary(log, region.offset + region.length));
      }
    }
  }
  // What remains are bits of numbers and names, which nothing protects.
  CHECK(found * 3 > flips);
}

TEST(overwritten_bytes_are_covered_exactly) {
  const TemporaryFile on_disk;
  const Log log = mixed_log(60);
  check::Random random(3);
  for (int i = 0; i != 150; ++i) {
    Bytes bytes = log.bytes;
    const std::size_t at = random.below(bytes.size());
    const std::size_t length = std::min<std::size_t>(random.below(2000), bytes.size() - at);
    const Bytes noise = i % 2 == 0 ? random.bytes(length) : Bytes(length, 0);
    std::copy(noise.begin(), noise.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    const scan::EventFile file = scanned(on_disk, bytes);
    CHECK_EQ(file.records(), rows_of(file));
    CHECK_EQ(file.records(), untouched(log, file));
    // Noise inside one record's bytes is believed; otherwise only what was touched is lost.
    std::uint64_t touched = 0;
    for (std::size_t r = 0; r + 1 != log.starts.size(); ++r) {
      touched += log.starts[r] < at + length && at < log.starts[r + 1] ? 1 : 0;
    }
    CHECK(file.records() + touched + 1 >= log.starts.size());
  }
}

// The original writer appends to a file that a killed one left torn.
TEST(a_torn_record_does_not_swallow_those_after_it) {
  const TemporaryFile on_disk;
  Log image;
  image.add_image(1, 5000);
  check::Random random(5);
  for (int i = 0; i != 150; ++i) {
    const std::size_t kept = 1 + random.below(image.bytes.size() - 1);
    const int records = static_cast<int>(1 + random.below(400));
    Log log = mixed_log(4);
    const std::size_t whole = log.starts.size() - 1;
    log.bytes.insert(log.bytes.end(), image.bytes.begin(),
                     image.bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    log.starts.push_back(log.bytes.size());
    for (int step = 0; step != records; ++step) log.add_scalar(step);
    const scan::EventFile file = scanned(on_disk, log.bytes);
    const std::vector<scan::Damage> damage = file.damage();
    CHECK_EQ(damage.size(), std::size_t{1});
    if (damage.empty()) continue;
    CHECK_EQ(damage[0].offset, log.starts[whole]);
    CHECK_EQ(damage[0].length, kept);
    CHECK_EQ(file.records(), whole + static_cast<std::size_t>(records));
  }
}

TEST(large_records_span_windows) {
  const TemporaryFile on_disk;
  Log log;
  for (int step = 0; step != 6; ++step) {
    log.add_image(step, std::size_t{700000} * static_cast<std::size_t>(step % 3));
    log.add_scalar(step);
  }
  CHECK_EQ(scanned(on_disk, log.bytes).records(), std::uint64_t{12});
  for (const std::size_t victim : {2u, 4u, 6u}) {
    Bytes bytes = log.bytes;
    bytes[log.starts[victim] + 2] ^= 0x10;  // the length
    const scan::EventFile file = scanned(on_disk, bytes);
    CHECK_EQ(file.records(), std::uint64_t{11});
    CHECK_EQ(file.damage().size(), std::size_t{1});
    CHECK_EQ(file.damage()[0].length, log.starts[victim + 1] - log.starts[victim]);
  }
}

TEST(zeros_at_the_end_are_pending) {
  const TemporaryFile on_disk;
  Log log = mixed_log(4);
  for (const std::size_t zeros : {1u, 7u, 8u, 9u, 100u, 2000000u}) {
    Bytes bytes = log.bytes;
    bytes.resize(bytes.size() + zeros);
    const scan::EventFile file = scanned(on_disk, bytes);
    CHECK_EQ(file.records(), log.starts.size() - 1);
    CHECK_EQ(file.pending(), zeros);
    CHECK(file.damage().empty());
  }
}

TEST(prefix_and_strict_stop_at_the_first_damage) {
  const TemporaryFile on_disk;
  const Log log = mixed_log(10);
  Bytes bytes = log.bytes;
  bytes[log.starts[5]] ^= 1;
  on_disk.write(bytes);
  scan::EventFile prefix(on_disk.path());
  CHECK(scan_file(prefix, scan::Mode::kPrefix).ok());
  CHECK_EQ(prefix.records(), std::uint64_t{5});
  CHECK_EQ(prefix.damage()[0].length, bytes.size() - log.starts[5]);
  scan::EventFile strict(on_disk.path());
  const Status status = scan_file(strict, scan::Mode::kStrict);
  CHECK(!status.ok() && status.error().code == Errc::kCorrupt);
  CHECK_EQ(status.error().offset, log.starts[5]);
}

TEST(any_bytes_are_survived) {
  const TemporaryFile on_disk;
  check::Random random(11);
  for (int i = 0; i != 200; ++i) {
    const scan::EventFile file = scanned(on_disk, random.bytes(random.below(4000)));
    CHECK_EQ(file.records(), std::uint64_t{0});
  }
}

}  // namespace
