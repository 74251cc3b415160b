// Files to columns: predicted and unpredicted records, growth, damage, threads.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "check.h"
#include "scan/event_files.h"
#include "scan/fetch.h"
#include "scan/files.h"

using event_files::add_scalars;
using event_files::Directory;
using event_files::scalar_value;
using eventcodec::Buffer;
using eventcodec::ByteView;
using eventcodec::Status;
namespace scan = eventcodec::scan;
using event_files::add_scalars;
using event_files::Directory;
using event_files::scalar_value;

namespace {

const scan::Series* find(const scan::EventFile& file, const std::string& tag) {
  for (const scan::Series& series : file.series()) {
    if (series.tag == tag) return &series;
  }
  return nullptr;
}

bool scans(scan::EventFile& file, const scan::Options& options = {}) {
  Buffer scratch;
  return file.scan(options, scratch).ok();
}

Status fetch_one(const std::string& path, const scan::Reference& reference, std::string_view tag) {
  scan::Batch batch;
  const auto accept = [](std::size_t, const scan::Fetched&) -> Status { return {}; };
  return scan::fetch(path, scan::Format::kEvents, {&reference, 1}, tag, 1, accept, &batch);
}

// A file of records of about 100 kB: five fill a batch of one thread, 41 that of several.
struct LargeRecords {
  static constexpr std::size_t kCount = 60;

  explicit LargeRecords(const Directory& directory) {
    Buffer content;
    for (std::size_t i = 0; i != kCount; ++i) {
      references.push_back({content.size(), 0, 0});
      add_scalars(content, static_cast<std::int64_t>(i), {tag}, static_cast<float>(i));
    }
    path = directory.file("large", content);
  }
  [[nodiscard]] std::vector<std::uint8_t> value(std::size_t i) const {
    return scalar_value(tag, static_cast<float>(i));
  }
  // Changes a bit of the file, or changes it back.
  void flip(std::uint64_t offset) const {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 1));
  }

  std::string tag = std::string(100'000, 'x');
  std::string path;
  std::vector<scan::Reference> references;
};

}  // namespace

TEST(rows_equal_what_was_written) {
  const Directory directory;
  Buffer content;
  check::Random random(7);  // seed 7
  std::vector<std::vector<std::pair<std::int64_t, float>>> wanted(5);
  const std::vector<std::string> tags = {"a", std::string(30, 'b'), std::string(50, 'c'),
                                         std::string(64, 'd'), std::string(200, 'e')};
  for (int i = 0; i < 30000; ++i) {
    const std::int64_t step = static_cast<std::int64_t>(random.next() >> random.below(64));
    const float number = static_cast<float>(i);
    const std::size_t first = random.below(5);
    const std::size_t count = 1 + random.below(8) / 7;
    std::vector<std::string> chosen;
    for (std::size_t k = 0; k < count; ++k) {
      chosen.push_back(tags[(first + k) % 5]);
      wanted[(first + k) % 5].emplace_back(step, number);
    }
    add_scalars(content, step, chosen, number);
  }
  scan::EventFile file(directory.file("f", content));
  REQUIRE(scans(file));
  CHECK_EQ(file.records(), 30000u);
  CHECK(file.damage().empty());
  for (std::size_t t = 0; t < tags.size(); ++t) {
    const scan::Series* series = find(file, tags[t]);
    REQUIRE(series != nullptr);
    REQUIRE(series->rows.size == wanted[t].size());
    for (std::size_t i = 0; i < wanted[t].size(); ++i) {
      REQUIRE(series->rows.steps[i] == wanted[t][i].first);
      REQUIRE(series->rows.values[i] == static_cast<double>(wanted[t][i].second));
    }
  }
}

TEST(growing_at_every_byte) {
  const Directory directory;
  Buffer content;
  for (int step = 0; step < 12; ++step) add_scalars(content, step, {"a", "b"}, 1.0f);
  const std::string path = directory.file("f", Buffer{});
  scan::EventFile file(path);
  for (std::size_t at = 0; at < content.size(); ++at) {
    Directory::append(path, {content.data() + at, 1});
    REQUIRE(scans(file));
    REQUIRE(file.damage().empty());
  }
  CHECK_EQ(file.records(), 12u);
  CHECK_EQ(file.pending(), 0u);
  const scan::Series* series = find(file, "b");
  REQUIRE(series != nullptr && series->rows.size == 12);
  for (std::int64_t step = 0; step < 12; ++step) CHECK_EQ(series->rows.steps[step], step);
}

TEST(records_larger_than_the_window) {
  const Directory directory;
  Buffer content;
  add_scalars(content, 1, {"a"}, 1.0f);
  const std::string big(3'000'000, 'x');
  add_scalars(content, 2, {big, "a"}, 2.0f);
  add_scalars(content, 3, {"a"}, 3.0f);
  scan::EventFile file(directory.file("f", content));
  REQUIRE(scans(file));
  CHECK_EQ(file.records(), 3u);
  REQUIRE(find(file, "a") != nullptr);
  CHECK_EQ(find(file, "a")->rows.size, 3u);
  // The same with a broken header in front of it, so that the search meets it.
  content.data()[8] ^= 1;
  scan::EventFile damaged(directory.file("g", content));
  REQUIRE(scans(damaged));
  CHECK_EQ(damaged.records(), 2u);
  CHECK_EQ(damaged.damage().size(), 1u);
}

TEST(rows_are_not_kept_when_not_wanted) {
  const Directory directory;
  Buffer content;
  for (int step = 0; step < 1000; ++step) add_scalars(content, step, {"a"}, 1.0f);
  scan::EventFile file(directory.file("f", content));
  REQUIRE(scans(file, {.keep_rows = false}));
  CHECK_EQ(file.records(), 1000u);
  CHECK_EQ(find(file, "a")->rows.size, 0u);
}

// More tags than a scan that keeps none tells apart: what stands behind them is checked all the
// same.
TEST(records_of_many_tags_count_when_no_tag_is_wanted) {
  const Directory directory;
  Buffer content;
  constexpr int kTags = 70000;
  for (int step = 0; step < 2; ++step) {
    for (int tag = 0; tag < kTags; ++tag) {
      add_scalars(content, step, {"tag" + std::to_string(tag)}, 1.0f);
    }
  }
  const std::size_t end = content.size();
  add_scalars(content, 2, {"tag69999"}, 1.0f);
  content.data()[end + 12] ^= 1;  // behind the header
  add_scalars(content, 3, {"tag0"}, 1.0f);
  const std::string path = directory.file("f", content);
  for (const std::size_t threads : {1, 2}) {
    scan::EventFile file(path);
    Buffer buffer;
    const scan::Options options{
        .keep_rows = false, .keep_tags = false, .least_part = std::uint64_t{1} << 16};
    REQUIRE(file.scan(options, buffer, threads).ok());
    CHECK_EQ(file.records(), 2 * kTags + 1u);
    REQUIRE(file.damage().size() == 1);
    CHECK_EQ(file.damage()[0].offset, end);
    CHECK(file.series().empty());
  }
}

TEST(shared_columns_outlive_growth) {
  scan::Series series;
  scan::ColumnMemory memory;
  REQUIRE(series.reserve(4, memory, 0));
  series.append_scalar(1, 0.5, 2.0);
  const std::shared_ptr<void> kept = series.memory;
  const std::int64_t* steps = series.rows.steps;
  REQUIRE(series.reserve(100000, memory, 0));
  CHECK(series.rows.steps != steps);
  CHECK_EQ(steps[0], 1);
  CHECK_EQ(series.rows.steps[0], 1);
}

TEST(fetch_refuses_another_record) {
  const Directory directory;
  Buffer content;
  add_scalars(content, 1, {"a"}, 1.0f);
  const std::string path = directory.file("f", content);
  CHECK(fetch_one(path, {0, 0, 0}, "a").ok());
  CHECK(!fetch_one(path, {0, 0, 0}, "b").ok());
  CHECK(!fetch_one(path, {0, 1, 0}, "a").ok());
  CHECK(!fetch_one(path, {content.size(), 0, 0}, "a").ok());
  CHECK(!fetch_one(path, {~std::uint64_t{0}, 0, 0}, "a").ok());
}

TEST(fetch_reads_many_up_to_a_batch) {
  const Directory directory;
  const LargeRecords large(directory);
  for (const std::size_t threads : {1, 2, 5}) {
    std::size_t batches = 0;
    for (std::size_t at = 0; at != LargeRecords::kCount; ++batches) {
      const auto left = std::span(large.references).subspan(at);
      std::vector<std::atomic<int>> used(left.size());
      const auto use = [&](std::size_t row, const scan::Fetched& value) -> Status {
        ++used[row];
        CHECK(std::ranges::equal(value.bytes, large.value(at + row)));
        return {};
      };
      scan::Batch batch;
      REQUIRE(scan::fetch(large.path, scan::Format::kEvents, left, large.tag, threads, use, &batch)
                  .ok());
      REQUIRE(!batch.values.empty());
      CHECK(batch.records.size() <=
            (threads > 1 ? scan::Fetch::kBytesOfThreads : scan::Fetch::kBytes));
      for (std::size_t row = 0; row != left.size(); ++row) {
        CHECK_EQ(used[row].load(), row < batch.values.size() ? 1 : 0);
      }
      // Views stay valid behind the call.
      CHECK(std::ranges::equal(batch.values[0].bytes, large.value(at)));
      at += batch.values.size();
    }
    CHECK_EQ(batches, threads > 1 ? std::size_t{2} : LargeRecords::kCount / 5);
  }
}

TEST(fetch_reads_a_record_once_for_all_rows_in_it) {
  const Directory directory;
  Buffer content;
  add_scalars(content, 1, {"a", "a"}, 1.0f);
  const std::uint64_t second = content.size();
  add_scalars(content, 2, {"a"}, 1.0f);
  const std::string path = directory.file("f", content);
  const std::vector<scan::Reference> references{{0, 0, 0}, {0, 0, 1},      {0, 0, 2},
                                                {0, 1, 0}, {second, 0, 0}, {second, 0, 3}};
  std::vector<std::size_t> rows;
  const auto use = [&](std::size_t row, const scan::Fetched& value) -> Status {
    CHECK_EQ(row, value.row);
    for (std::size_t i = 0; i != value.rows; ++i) rows.push_back(row);
    return {};
  };
  scan::Batch batch;
  REQUIRE(scan::fetch(path, scan::Format::kEvents, references, "a", 1, use, &batch).ok());
  CHECK(rows == std::vector<std::size_t>({0, 0, 0, 3, 4, 4}));
  CHECK_EQ(batch.values.size(), std::size_t{3});
  CHECK_EQ(scan::count_rows(batch.values), references.size());
  CHECK_EQ(batch.records.size(), content.size());
}

TEST(fetch_fails_at_the_record_that_is_bad) {
  constexpr std::size_t kBad = 17;
  const Directory directory;
  const LargeRecords large(directory);
  const auto bad = large.references[kBad].offset;
  const auto fetch_from = [&](std::size_t at, const scan::Use& use, scan::Batch* batch) {
    return scan::fetch(large.path, scan::Format::kEvents, std::span(large.references).subspan(at),
                       large.tag, 3, use, batch);
  };
  const auto fails_there = [&](const char* why, const scan::Use& use) {
    scan::Batch batch;
    CHECK(fetch_from(kBad - 3, use, &batch).ok());
    CHECK_EQ(batch.values.size(), std::size_t{3});
    const Status status = fetch_from(kBad, use, &batch);
    REQUIRE(!status.ok());
    CHECK(batch.values.empty());
    CHECK(status.error().code == eventcodec::Errc::kCorrupt);
    CHECK_EQ(status.error().offset, bad);
    CHECK_EQ(status.error().message, why + std::to_string(bad));
  };
  const auto accept = [](std::size_t, const scan::Fetched&) -> Status { return {}; };
  const auto refuse = [&](std::size_t, const scan::Fetched& value) -> Status {
    if (!std::ranges::equal(value.bytes, large.value(kBad))) return {};
    return eventcodec::Error{.code = eventcodec::Errc::kCorrupt,
                             .message = "refused at byte " + std::to_string(bad),
                             .offset = bad};
  };
  fails_there("refused at byte ", refuse);
  large.flip(bad + 1000);
  fails_there("payload checksum mismatch at byte ", accept);
  large.flip(bad + 1000);
  large.flip(bad);
  fails_there("length checksum mismatch at byte ", accept);
  std::filesystem::resize_file(large.path, bad + 1000);
  large.flip(bad);
  fails_there("the file ends inside the record at byte ", accept);
  std::filesystem::resize_file(large.path, bad + 3);
  fails_there("the file ends inside the record at byte ", accept);

  scan::Batch batch;
  std::filesystem::remove(large.path);
  const Status gone = fetch_from(0, accept, &batch);
  REQUIRE(!gone.ok());
  CHECK(gone.error().code == eventcodec::Errc::kIo);
}

TEST(random_damage_never_changes_a_value) {
  const Directory directory;
  check::Random random(11);  // seed 11
  Buffer content;
  for (int step = 1; step <= 300; ++step) {
    add_scalars(content, step, {"a"}, static_cast<float>(step));
  }
  for (int round = 0; round < 300; ++round) {
    Buffer damaged;
    REQUIRE(damaged.append(content.view()));
    const std::size_t at = random.below(damaged.size());
    const std::size_t size = std::min(damaged.size() - at, 1 + random.below(100));
    for (std::size_t i = 0; i < size; ++i)
      damaged.data()[at + i] ^= static_cast<std::uint8_t>(random.next() >> 50);
    scan::EventFile file(directory.file("f", damaged));
    REQUIRE(scans(file));
    const scan::Series* series = find(file, "a");
    REQUIRE(series != nullptr);
    CHECK(series->rows.size >= 290);
    for (std::size_t i = 0; i < series->rows.size; ++i) {
      REQUIRE(series->rows.values[i] == static_cast<double>(series->rows.steps[i]));
    }
  }
}

TEST(threads_read_every_file_once) {
  const Directory directory;
  std::vector<std::unique_ptr<scan::EventFile>> owned;
  std::vector<scan::EventFile*> files;
  for (int i = 0; i < 40; ++i) {
    Buffer content;
    for (int step = 0; step < 50 * (i % 7); ++step) add_scalars(content, step, {"a", "b"}, 1.0f);
    const std::string path =
        i == 13 ? std::string("/nonexistent/f") : directory.file("f" + std::to_string(i), content);
    owned.push_back(std::make_unique<scan::EventFile>(path));
    files.push_back(owned.back().get());
  }
  for (const std::size_t threads : {4u, 1u}) {
    const std::vector<Status> results = scan::scan_files(files, {}, threads);
    for (int i = 0; i < 40; ++i) {
      const auto index = static_cast<std::size_t>(i);
      CHECK_EQ(results[index].ok(), i != 13);
      const std::uint64_t records = i == 13 ? 0 : static_cast<std::uint64_t>(50 * (i % 7));
      CHECK_EQ(files[index]->records(), records);
    }
  }
}

namespace {

bool same_rows(const scan::Series& a, const scan::Series& b) {
  return a.tag == b.tag && a.kind == b.kind && a.plugin == b.plugin && a.forms == b.forms &&
         a.rows.size == b.rows.size &&
         std::equal(a.rows.steps, a.rows.steps + a.rows.size, b.rows.steps) &&
         std::equal(a.rows.wall_times, a.rows.wall_times + a.rows.size, b.rows.wall_times) &&
         (a.kind != scan::Kind::kScalars ||
          std::equal(a.rows.values, a.rows.values + a.rows.size, b.rows.values));
}

// Adds a record whose payload, under a tag of its own, is a file of records.
void add_nested(Buffer& out, check::Random& random) {
  Buffer inner;
  for (int i = 0; i < 20; ++i) add_scalars(inner, i, {"inner"}, 1.0f);
  const std::string content(reinterpret_cast<const char*>(inner.data()), inner.size());
  add_scalars(out, static_cast<std::int64_t>(random.below(9)), {content}, 2.0f);
}

}  // namespace

TEST(threads_in_one_file_read_what_one_reads) {
  const Directory directory;
  check::Random random(5);  // seed 5
  for (int round = 0; round < 40; ++round) {
    Buffer content;
    for (int step = 0; step < 300; ++step) {
      add_scalars(content, step, {std::string(1, static_cast<char>('a' + random.below(4)))}, 1.0f);
      if (random.below(40) == 0) add_nested(content, random);
    }
    if (round % 2 == 1) content.data()[random.below(content.size())] ^= 0x10;
    const std::string path = directory.file("f", content);
    scan::EventFile one(path);
    scan::EventFile many(path);
    scan::Options options;
    options.least_part = 700;
    Buffer scratch;
    REQUIRE(one.scan(options, scratch).ok());
    REQUIRE(many.scan(options, scratch, 4).ok());
    CHECK_EQ(many.records(), one.records());
    CHECK_EQ(many.pending(), one.pending());
    REQUIRE(many.damage().size() == one.damage().size());
    for (std::size_t i = 0; i < one.damage().size(); ++i) {
      CHECK_EQ(many.damage()[i].offset, one.damage()[i].offset);
      CHECK_EQ(many.damage()[i].length, one.damage()[i].length);
      CHECK_EQ(many.damage()[i].records_before, one.damage()[i].records_before);
    }
    REQUIRE(many.series().size() == one.series().size());
    for (std::size_t i = 0; i < one.series().size(); ++i) {
      REQUIRE(same_rows(many.series()[i], one.series()[i]));
    }
  }
}
