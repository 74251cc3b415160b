// Rows of many files as one table: order, restarts, choices, pieces, threads, errors.
#include "scan/gather.h"

#include <fcntl.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "check.h"
#include "scan/event_files.h"

using event_files::Directory;
using eventcodec::Buffer;
using eventcodec::Errc;
using eventcodec::Result;
namespace scan = eventcodec::scan;

namespace {

struct Point {
  std::uint32_t run;
  std::uint32_t tag;
  std::int64_t step;
  double value;
  bool operator==(const Point&) const = default;
};

const std::vector<std::string> kTags = {"a", "b", "c"};

// Runs of one to three files, as many points as make threads worth while, and what is in them.
class Logs {
 public:
  Logs() {
    check::Random random(11);
    for (std::uint32_t run = 0; run != 6; ++run) {
      for (std::uint32_t number = 0; number != 1 + run % 3; ++number) add_file(run, random);
    }
  }

  // The rows of files whose run is odd stand in an index then.
  void save_some() {
    for (std::size_t i = 0; i != files_.size(); ++i) {
      if (runs_[i] % 2 == 0) continue;
      const std::string segment = directory_.file("segment" + std::to_string(i), {});
      const int fd = ::open(segment.c_str(), O_RDWR | O_CLOEXEC);
      scan::PieceWriter writer(fd, 0);
      const scan::Saving saving{.writer = &writer, .stretch = 50'000, .keep = 0};
      scan::EventFile whole(files_[i].path());
      Buffer scratch;
      CHECK(whole.scan({.saving = &saving}, scratch).ok());
      ::close(fd);
      std::vector<scan::Piece> pieces = whole.pieces();
      CHECK(pieces.size() > 1);
      const auto opened = std::make_shared<const scan::Segment>(segment);
      for (scan::Piece& piece : pieces) piece.segment = opened;
      scan::PieceWriter state(-1, 0);
      CHECK(whole.save(state).ok());
      scan::EventFile restored(files_[i].path());
      CHECK(restored.restore(state.pending(), pieces).value());
      files_[i] = std::move(restored);
    }
  }

  [[nodiscard]] std::string segment_of(std::size_t i) const {
    return std::filesystem::path(files_[i].path()).replace_filename("segment" + std::to_string(i));
  }

  // What the choice leaves, by the words of its description.
  [[nodiscard]] std::vector<Point> expected(const scan::Choice& choice, bool purge) const {
    std::vector<Point> all;
    for (std::uint32_t run = 0; run != 6; ++run) {
      for (std::uint32_t tag = 0; tag != kTags.size(); ++tag) {
        std::vector<Point> passed;
        for (const auto& [point, voided] : points_) {
          if (point.run != run || point.tag != tag || (purge && voided)) continue;
          if (choice.takes(point.step)) passed.push_back(point);
        }
        std::vector<Point> each;
        for (std::size_t i = 0; i < passed.size(); i += choice.every) each.push_back(passed[i]);
        const std::size_t last = std::min<std::uint64_t>(each.size(), choice.last);
        all.insert(all.end(), each.end() - static_cast<std::ptrdiff_t>(last), each.end());
      }
    }
    return all;
  }

  Result<scan::Gathered> gather(const scan::Choice& choice, bool purge, std::size_t threads,
                                std::uint64_t points = 0, std::size_t* failed = nullptr) {
    std::vector<scan::EventFile*> files;
    for (scan::EventFile& file : files_) files.push_back(&file);
    std::vector<scan::Source> sources;
    for (std::uint32_t i = 0; i != files_.size(); ++i) {
      std::uint32_t id = 0;
      for (const scan::Series& series : files_[i].series()) {
        sources.push_back({i, id++, static_cast<std::uint32_t>(series.tag[0] - 'a')});
      }
    }
    std::size_t ignored = 0;
    return scan::gather({.files = files,
                         .runs = runs_,
                         .sources = sources,
                         .purge = purge,
                         .choice = choice,
                         .points = points},
                        threads, failed == nullptr ? &ignored : failed);
  }

 private:
  struct Known {
    Point point;
    bool is_void;
  };

  void add_file(std::uint32_t run, check::Random& random) {
    Buffer content;
    const bool restarted = run >= 3;
    for (std::int64_t i = 0; i != 3000; ++i) {
      const auto step = static_cast<std::int64_t>(random.below(50)) + i;
      const auto value = static_cast<float>(random.below(1000));
      if (restarted && i % 1000 == 500) {
        event_files::add_restart(content, step);
        for (Known& known : points_) {
          known.is_void = known.is_void || (known.point.run == run && known.point.step >= step);
        }
      }
      event_files::add_scalars(content, step, kTags, value);
      for (std::uint32_t tag = 0; tag != kTags.size(); ++tag) {
        points_.push_back({{run, tag, step, value}, false});
      }
    }
    const std::string path = directory_.file("file" + std::to_string(files_.size()), content);
    Buffer scratch;
    CHECK(files_.emplace_back(path).scan({}, scratch).ok());
    runs_.push_back(run);
  }

  Directory directory_;
  std::deque<scan::EventFile> files_;
  std::vector<std::uint32_t> runs_;
  std::vector<Known> points_;
};

std::vector<Point> points_of(const scan::Gathered& gathered) {
  std::vector<Point> points;
  std::uint64_t row = 0;
  for (std::size_t i = 0; i != gathered.lengths.size(); ++i) {
    const std::uint32_t run =
        gathered.runs.numbers[static_cast<std::size_t>(gathered.runs.places[i])];
    const std::uint32_t tag =
        gathered.tags.numbers[static_cast<std::size_t>(gathered.tags.places[i])];
    for (std::int64_t k = 0; k != gathered.lengths[i]; ++k, ++row) {
      CHECK_EQ(gathered.rows.wall_times[row], static_cast<double>(gathered.rows.steps[row]) / 2);
      points.push_back({run, tag, gathered.rows.steps[row], gathered.rows.values[row]});
    }
  }
  CHECK_EQ(row, gathered.rows.size);
  return points;
}

const std::vector<scan::Choice>& choices() {
  static const std::vector<scan::Choice> all = {
      {},
      {.least_step = 100, .most_step = 1500},
      {.least_step = 7, .stride = 3, .origin = 7},
      {.every = 7},
      {.last = 11},
      {.most_step = 400, .every = 5, .last = 20},
      {.least_step = 1 << 20},
  };
  return all;
}

void check_all(Logs& logs) {
  for (const scan::Choice& choice : choices()) {
    for (const bool purge : {true, false}) {
      const std::vector<Point> want = logs.expected(choice, purge);
      for (const std::size_t threads : {1, 4}) {
        const Result<scan::Gathered> got = logs.gather(choice, purge, threads);
        CHECK(got.ok());
        if (got.ok()) CHECK(points_of(got.value()) == want);
      }
    }
  }
}

}  // namespace

TEST(rows_in_memory) {
  Logs logs;
  check_all(logs);
}

TEST(rows_in_pieces) {
  Logs logs;
  logs.save_some();
  check_all(logs);
}

TEST(pieces_that_are_damaged_are_read_from_the_file) {
  Logs logs;
  logs.save_some();
  const std::string segment = logs.segment_of(1);  // of run 1
  std::filesystem::resize_file(segment, std::filesystem::file_size(segment) / 2);
  check_all(logs);
}

TEST(an_error_says_which_file) {
  Logs logs;
  logs.save_some();
  const std::string segment = logs.segment_of(1);
  std::filesystem::resize_file(segment, 0);
  std::filesystem::remove(std::filesystem::path(segment).replace_filename("file1"));
  for (const std::size_t threads : {1, 4}) {
    for (const scan::Choice& choice : {choices()[0], choices()[1]}) {
      std::size_t failed = 0;
      const Result<scan::Gathered> got = logs.gather(choice, true, threads, 0, &failed);
      CHECK(!got.ok());
      if (!got.ok()) CHECK(got.error().code == Errc::kIo);
      CHECK_EQ(failed, std::size_t{1});
    }
  }
}

TEST(few_points_of_each_series) {
  Logs logs;
  for (const bool saved : {false, true}) {
    if (saved) logs.save_some();
    for (const scan::Choice& choice : choices()) {
      const std::vector<Point> all = logs.expected(choice, true);
      const Result<scan::Gathered> got = logs.gather(choice, true, 4, 5);
      CHECK(got.ok());
      // First and last of each series, and others of it in their order.
      const std::vector<Point> points = points_of(got.value());
      auto next = all.begin();
      for (const Point& point : points) {
        next = std::find(next, all.end(), point);
        CHECK(next != all.end());
        if (next != all.end()) ++next;
      }
      for (const std::int64_t length : got.value().lengths) CHECK(length <= 5);
      if (!all.empty()) {
        CHECK(points.front() == all.front());
        CHECK(points.back() == all.back());
      }
    }
  }
}
