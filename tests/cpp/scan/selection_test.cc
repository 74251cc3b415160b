// Some tags and steps of files: every kernel against the portable one, threads that share a
// selection, one that has no answer, room for no more rows than come.
#include "scan/selection.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "scan/event_files.h"
#include "scan/files.h"
#include "scan/predict.h"

using event_files::add_scalars;
using event_files::Directory;
using eventcodec::Buffer;
using eventcodec::ByteView;
using eventcodec::Errc;
namespace scan = eventcodec::scan;

namespace {

constexpr std::int64_t kLeastStep = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMostStep = std::numeric_limits<std::int64_t>::max();

scan::StepRange between(std::int64_t first, std::int64_t last) {
  return {first, static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)};
}

bool is_a_or_b(std::string_view tag) { return tag == "a" || tag == "b"; }

std::shared_ptr<scan::Selection> select_a_and_b(scan::StepRange steps) {
  return std::make_shared<scan::Selection>(
      steps, [](std::string_view tag, const std::string_view*) -> std::optional<bool> {
        return is_a_or_b(tag);
      });
}

// What the rows of a tag are, from the steps that were written; a value is its step.
void check_rows(const scan::EventFile& file, std::string_view tag,
                const std::vector<std::int64_t>& steps) {
  for (const scan::Series& series : file.series()) {
    if (series.tag != tag) continue;
    REQUIRE(series.rows.size == steps.size());
    for (std::size_t i = 0; i != steps.size(); ++i) {
      CHECK_EQ(series.rows.steps[i], steps[i]);
      CHECK_EQ(series.rows.values[i], static_cast<double>(steps[i]));
    }
    return;
  }
  CHECK(steps.empty());
}

// A series as a scan makes it, with room for so many rows.
scan::Series series_with_room(std::uint64_t rows, scan::ColumnMemory& memory) {
  scan::Series series;
  CHECK(series.reserve(rows, memory, 0));
  return series;
}

// Learns tag a (kept) and tag z (not), one after the other in each event.
void teach(scan::Predictor& predictor, scan::Series& a, scan::Series& z) {
  for (int round = 0; round != 2; ++round) {
    for (scan::Series* series : {&a, &z}) {
      const std::vector<std::uint8_t> value =
          event_files::scalar_value(series == &a ? "a" : "z", 1.0f);
      std::vector<std::uint8_t> framed(value.size() + 16);
      const std::uint8_t* const end =
          eventcodec::wire::put_bytes_field(framed.data(), eventcodec::event::kValue, value);
      predictor.learn(*series, 0, {framed.data(), end}, end - sizeof(float), sizeof(float));
    }
  }
}

}  // namespace

TEST(steps_are_between_both_ends) {
  CHECK(scan::StepRange{}.holds(kLeastStep) && scan::StepRange{}.holds(kMostStep));
  CHECK(scan::StepRange{}.is_everything());
  const scan::StepRange some = between(-3, 5);
  CHECK(some.holds(-3) && some.holds(0) && some.holds(5));
  CHECK(!some.holds(-4) && !some.holds(6) && !some.holds(kLeastStep) && !some.holds(kMostStep));
  CHECK_EQ(some.last(), std::int64_t{5});
  CHECK(between(kLeastStep, kMostStep).is_everything());
  CHECK(!between(kLeastStep, kMostStep - 1).holds(kMostStep));
  CHECK(between(kMostStep, kMostStep).holds(kMostStep));
}

TEST(every_kernel_keeps_what_is_selected) {
  constexpr std::int64_t kSteps = 100;
  Buffer content;
  for (std::int64_t step = 1; step <= kSteps; ++step) {
    add_scalars(content, step, {"a", "z"}, static_cast<float>(step));
  }
  const std::size_t size = content.size();
  CHECK(content.reserve(scan::kReadSlack) != nullptr);
  for (const auto& kernel : scan::kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (const scan::StepRange steps : {scan::StepRange{}, between(1, 1), between(20, 70),
                                        between(kSteps, kMostStep), between(-5, 0)}) {
      scan::ColumnMemory memory;
      scan::Series a = series_with_room(kSteps + 1, memory);
      scan::Series z = series_with_room(1, memory);
      z.unwanted = true;
      scan::Predictor predictor;
      teach(predictor, a, z);
      scan::Prediction& prediction = predictor.prepare(true, steps);
      const std::uint8_t* const begin = content.data();
      CHECK(kernel.fn(prediction, begin, begin + size) == begin + size);
      CHECK_EQ(prediction.records, static_cast<std::uint64_t>(kSteps));
      CHECK_EQ(z.rows.size, std::uint64_t{0});
      std::uint64_t row = 0;
      for (std::int64_t step = 1; step <= kSteps; ++step) {
        if (!steps.holds(step)) continue;
        REQUIRE(row < a.rows.size);
        CHECK_EQ(a.rows.steps[row], step);
        CHECK_EQ(a.rows.values[row++], static_cast<double>(step));
      }
      CHECK_EQ(a.rows.size, row);
    }
  }
}

// An event of which one value is not as predicted takes back what it appended, and no more.
TEST(every_kernel_takes_back_what_it_kept) {
  Buffer content;
  add_scalars(content, 7, {"a", "z", "a", "other"}, 1.0f);
  const std::size_t size = content.size();
  CHECK(content.reserve(scan::kReadSlack) != nullptr);
  for (const auto& kernel : scan::kernels()) {
    if (!eventcodec::cpu::has(kernel.required)) continue;
    for (const scan::StepRange steps : {scan::StepRange{}, between(7, 7), between(8, 9)}) {
      scan::ColumnMemory memory;
      scan::Series a = series_with_room(8, memory);
      scan::Series z = series_with_room(1, memory);
      z.unwanted = true;
      a.append_scalar(1, 1.0, 1.0);
      scan::Predictor predictor;
      teach(predictor, a, z);
      scan::Prediction& prediction = predictor.prepare(true, steps);
      CHECK(kernel.fn(prediction, content.data(), content.data() + size) == content.data());
      CHECK_EQ(a.rows.size, std::uint64_t{1});
      CHECK_EQ(z.rows.size, std::uint64_t{0});
    }
  }
}

TEST(threads_share_a_selection) {
  const Directory directory;
  check::Random random(11);  // seed 11
  for (int round = 0; round != 10; ++round) {
    const auto selection = select_a_and_b(between(50, 220));
    std::vector<std::unique_ptr<scan::EventFile>> files;
    std::vector<scan::EventFile*> pointers;
    std::vector<std::vector<std::vector<std::int64_t>>> written;  // of each file, of each tag
    for (int number = 0; number != 6; ++number) {
      Buffer content;
      written.emplace_back(4);
      const int steps = number == 0 ? 300 : 40 + number;
      for (int step = 0; step != steps; ++step) {
        const std::size_t tag = random.below(4);
        add_scalars(content, step, {std::string(1, static_cast<char>('a' + tag))},
                    static_cast<float>(step));
        if (tag < 2 && step >= 50 && step <= 220) written.back()[tag].push_back(step);
      }
      files.push_back(std::make_unique<scan::EventFile>(
          directory.file(std::to_string(number), content), selection));
      pointers.push_back(files.back().get());
    }
    scan::Options options;
    options.least_part = 700;
    for (const auto& status : scan::scan_files(pointers, options, 4)) CHECK(status.ok());
    for (std::size_t i = 0; i != files.size(); ++i) {
      for (std::size_t tag = 0; tag != 4; ++tag) {
        check_rows(*files[i], std::string(1, static_cast<char>('a' + tag)), written[i][tag]);
      }
    }
  }
}

// Who cannot say what is wanted is asked again by the next scan, which begins anew.
TEST(no_answer_ends_the_scan) {
  const Directory directory;
  Buffer content;
  std::vector<std::int64_t> steps;
  for (int step = 0; step != 300; ++step) {
    add_scalars(content, step, {step < 200 ? "a" : "b"}, static_cast<float>(step));
    if (step >= 200) steps.push_back(step);
  }
  const std::string path = directory.file("f", content);
  for (const std::size_t threads : {1, 3}) {
    std::atomic<bool> knows = false;
    const auto selection = std::make_shared<scan::Selection>(
        scan::StepRange{},
        [&](std::string_view tag, const std::string_view*) -> std::optional<bool> {
          return tag == "a" || knows ? std::optional(tag == "b") : std::nullopt;
        });
    scan::EventFile file(path, selection);
    scan::Options options;
    options.least_part = 700;
    Buffer scratch;
    const auto status = file.scan(options, scratch, threads);
    REQUIRE(!status.ok());
    CHECK(status.error().code == Errc::kCancelled);
    knows = true;
    CHECK(file.scan(options, scratch, threads).ok());
    CHECK_EQ(file.records(), std::uint64_t{300});
    check_rows(file, "b", steps);
    check_rows(file, "a", {});
  }
}

// A million steps in the file must not make room for them where some are wanted.
TEST(room_for_the_rows_that_come) {
  const Directory directory;
  constexpr int kSteps = 40'000;
  Buffer content;
  for (int step = 0; step != kSteps; ++step) add_scalars(content, step, {"a"}, 1.0f);
  const std::string path = directory.file("f", content);
  for (const auto& steps : {between(kLeastStep, 999), between(10'000, 20'000),
                            between(30'000, kMostStep), scan::StepRange{}}) {
    scan::EventFile file(path, std::make_shared<scan::Selection>(steps));
    Buffer scratch;
    CHECK(file.scan({}, scratch).ok());
    const scan::Rows& rows = file.series()[0].rows;
    CHECK_EQ(rows.size,
             static_cast<std::uint64_t>(std::min<std::int64_t>(steps.last(), kSteps - 1) -
                                        std::max<std::int64_t>(steps.first, 0) + 1));
    CHECK(rows.capacity <= 2 * rows.size);
  }
}
