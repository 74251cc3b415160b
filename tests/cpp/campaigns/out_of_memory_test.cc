// Campaign C8: the n-th allocation fails, once or for good, for every n until the work is done.
// Nothing throws, crashes or leaks; the account holds; the files hold whole records, and with
// memory back everything that was not dropped is in them.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/rewriter.h"
#include "archive/salvage.h"
#include "campaigns/campaign.h"
#include "campaigns/failing_memory.h"
#include "campaigns/temporary_directory.h"
#include "check.h"
#include "event/encode.h"
#include "record/format.h"
#include "record/frame.h"
#include "record/unframer.h"
#include "scan/files.h"
#include "scan/gather.h"
#include "stream/event_stream.h"

namespace archive = eventcodec::archive;
namespace event = eventcodec::event;
namespace record = eventcodec::record;
namespace scan = eventcodec::scan;
namespace stream = eventcodec::stream;
using campaigns::FailingMemory;
using campaigns::TemporaryDirectory;
using stream::EventStream;

namespace {

constexpr int kStepsWithoutFault = 3;
// Every tag allocates in the same places: more of them ask the same question again.
constexpr int kTags = 10;

// Runs work(n, for_good) for n = 1, 2, ... until no allocation is left to fail.
template <class Work>
void fail_every_allocation(campaigns::Report& report, Work&& work) {
  for (const bool for_good : {false, true}) {
    int quiet = 0;
    for (std::int64_t n = 1; quiet < kStepsWithoutFault && check::failures() == 0; ++n) {
      const std::uint64_t failed = work(n, for_good);
      report.trials += 1;
      report.hits += failed != 0 ? 1 : 0;
      quiet = failed != 0 ? 0 : quiet + 1;
    }
  }
}

void add(EventStream& writer, std::int64_t step) {
  static constexpr std::array<char, 300> kTag{'t'};
  const std::string_view tag(kTag.data(), kTag.size());
  std::uint8_t* start = writer.reserve(event::scalar_bound(tag.size()) + record::kOverheadBytes);
  if (start == nullptr) return writer.count_dropped(1);
  std::uint8_t* const payload = start + record::kHeaderBytes;
  std::uint8_t* const end = event::put_scalar(payload, {1.0, step}, tag, 0.5f);
  writer.commit(record::seal(start, static_cast<std::size_t>(end - payload)));
}

std::uint64_t records_in(const TemporaryDirectory& directory) {
  std::uint64_t records = 0;
  for (const std::string& path : directory.files()) {
    std::uint64_t in_file = 0;
    campaigns::for_each_record(path, [&](eventcodec::ByteView) { ++in_file; });
    CHECK(in_file >= 1);
    records += in_file - 1;  // without the version record
  }
  return records;
}

void check_account(const EventStream& writer) {
  const auto stats = writer.stats();
  CHECK_EQ(stats.accepted, stats.written + stats.pending + stats.dropped);
}

std::uint64_t log_with_failing_memory(std::int64_t n, bool for_good) {
  const TemporaryDirectory directory;
  stream::FilePlan plan{.directory = directory.path() + "/runs/of/a/long/name",
                        .suffix = ".suffix-of-a-file",
                        .purge_step = {}};
  std::filesystem::create_directories(plan.directory);
  const stream::FilePlan same = plan;
  FailingMemory::arm(n, for_good);
  auto opened = EventStream::open(std::move(plan), {.max_file_bytes = 400000});
  if (opened.ok()) {
    EventStream& writer = *opened.value();
    for (int i = 0; i < 3000; ++i) add(writer, i);
    (void)writer.flush(false);
    for (int i = 0; i < 10; ++i) add(writer, i);
    (void)writer.flush(true);
  }
  const std::uint64_t failed = FailingMemory::disarm();
  if (opened.ok()) {
    EventStream& writer = *opened.value();
    check_account(writer);
    CHECK(writer.flush(false).ok());
    writer.stop();
    CHECK(writer.close(std::chrono::seconds(5)).ok());
    check_account(writer);
    CHECK_EQ(writer.stats().accepted, 3010u);
    CHECK_EQ(writer.stats().pending, 0u);
  } else {
    CHECK(opened.error().code == eventcodec::Errc::kOutOfMemory);
  }
  std::uint64_t records = 0;
  for (const auto& entry : std::filesystem::directory_iterator(same.directory)) {
    std::uint64_t in_file = 0;
    campaigns::for_each_record(entry.path(), [&](eventcodec::ByteView) { ++in_file; });
    CHECK(in_file >= 1);
    records += in_file - 1;
  }
  if (opened.ok()) CHECK_EQ(records, opened.value()->stats().written);
  return failed;
}

// close() is the last chance: with memory gone for good, it still writes what is there.
std::uint64_t close_with_failing_memory(std::int64_t n, bool for_good) {
  const TemporaryDirectory directory;
  auto opened =
      EventStream::open({.directory = directory.path(), .suffix = "", .purge_step = {}}, {});
  CHECK(opened.ok());
  EventStream& writer = *opened.value();
  for (int i = 0; i < 100; ++i) add(writer, i);
  FailingMemory::arm(n, for_good);
  writer.stop();
  const bool closed = writer.close(std::chrono::seconds(5)).ok();
  const std::uint64_t failed = FailingMemory::disarm();
  CHECK(closed);
  CHECK_EQ(records_in(directory), 100u);
  return failed;
}

std::uint64_t fork_with_failing_memory(std::int64_t n, bool for_good) {
  const TemporaryDirectory directory;
  auto opened =
      EventStream::open({.directory = directory.path(), .suffix = "", .purge_step = {}}, {});
  CHECK(opened.ok());
  EventStream& writer = *opened.value();
  add(writer, 0);
  CHECK(writer.flush(false).ok());
  const pid_t child = fork();
  if (child == 0) {
    FailingMemory::arm(n, for_good);
    const auto reopened = writer.reopen_after_fork();
    const std::uint64_t failed = FailingMemory::disarm();
    // Refused or not: with memory back, the first add of the child opens its file.
    bool ok = reopened.ok() || reopened.error().code == eventcodec::Errc::kOutOfMemory;
    if (!reopened.ok()) ok = ok && writer.reopen_after_fork().ok();
    add(writer, 1);
    ok = ok && writer.flush(false).ok() && check::failures() == 0;
    _exit(ok ? static_cast<int>(failed != 0) : 2);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 2);
  CHECK_EQ(directory.files().size(), 2u);
  CHECK_EQ(records_in(directory), 2u);
  return WIFEXITED(status) ? static_cast<std::uint64_t>(WEXITSTATUS(status)) : 0;
}

std::string write_log(const TemporaryDirectory& directory, const char* name, int records) {
  const std::string path = directory.path() + "/" + name;
  std::ofstream file(path, std::ios::binary);
  std::vector<std::uint8_t> buffer(1000);
  for (int i = 0; i < records; ++i) {
    const std::string tag = "tag" + std::to_string(i % kTags);
    std::uint8_t* const payload = buffer.data() + record::kHeaderBytes;
    std::uint8_t* const end = event::put_scalar(payload, {1.0, i}, tag, 0.5f);
    const std::uint8_t* const sealed =
        record::seal(buffer.data(), static_cast<std::size_t>(end - payload));
    if (i == records / 2) buffer[30] ^= 1;  // one damaged record
    file.write(reinterpret_cast<const char*>(buffer.data()), sealed - buffer.data());
  }
  return path;
}

}  // namespace

TEST(a_writer_survives_every_failing_allocation) {
  campaigns::Report report("C8 out of memory: writer", "P21 P23");
  fail_every_allocation(report, log_with_failing_memory);
  CHECK(report.hits > 10);
}

TEST(close_needs_no_memory) {
  campaigns::Report report("C8 out of memory: close", "P16");
  fail_every_allocation(report, close_with_failing_memory);
}

TEST(a_forked_child_survives_every_failing_allocation) {
  campaigns::Report report("C8 out of memory: fork", "P14");
  fail_every_allocation(report, fork_with_failing_memory);
  CHECK(report.hits > 2);
}

TEST(an_unframer_reports_every_failing_allocation) {
  campaigns::Report report("C8 out of memory: unframer", "P23");
  const TemporaryDirectory directory;
  const std::vector<std::uint8_t> bytes = campaigns::contents(write_log(directory, "log", 2000));
  fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
    record::Unframer unframer(record::Verify::kYes);
    std::uint64_t records = 0;
    bool refused = false;
    FailingMemory::arm(n, for_good);
    for (std::size_t at = 0; at < bytes.size() && !refused; at += 1000) {
      const std::size_t size = std::min<std::size_t>(1000, bytes.size() - at);
      refused = !unframer.append(eventcodec::ByteView(bytes).subspan(at, size));
      for (bool more = !refused; more;) {
        const record::Unframed next = unframer.next();
        records += next.kind == record::Unframed::Kind::kRecord ? 1 : 0;
        more = next.kind != record::Unframed::Kind::kNeedMore;
        if (next.kind == record::Unframed::Kind::kDamage) (void)unframer.skip(record::Last::kNo);
      }
    }
    const std::uint64_t failed = FailingMemory::disarm();
    CHECK_EQ(refused, failed != 0);
    if (!refused) CHECK_EQ(records, 1999u);
    return failed;
  });
}

TEST(a_scan_reports_every_failing_allocation_and_goes_on_with_memory_back) {
  campaigns::Report report("C8 out of memory: reader", "P21 P23");
  const TemporaryDirectory directory;
  const std::string one = write_log(directory, "one.tfevents", 900);
  const std::string two = write_log(directory, "two.tfevents", 600);
  for (const std::size_t threads : {1, 2}) {
    fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
      scan::EventFile first(one);
      scan::EventFile second(two);
      scan::EventFile* const files[] = {&first, &second};
      scan::Options options;
      options.least_part = 512;  // so that one file is read on several threads, too
      FailingMemory::arm(n, for_good);
      std::vector<eventcodec::Status> statuses;
      try {
        statuses = scan::scan_files(files, options, threads);
      } catch (const std::bad_alloc&) {  // no memory for the result itself
      }
      const std::uint64_t failed = FailingMemory::disarm();
      for (const auto& status : statuses) {
        CHECK(status.ok() || status.error().code == eventcodec::Errc::kOutOfMemory);
      }
      for (const auto& status : scan::scan_files(files, options, 1)) CHECK(status.ok());
      std::size_t rows = 0;
      for (const scan::EventFile* file : files) {
        CHECK_EQ(file->damage().size(), 1u);
        for (const scan::Series& series : file->series()) rows += series.rows.size;
      }
      CHECK_EQ(rows, 1498u);
      return failed;
    });
  }
}

TEST(salvage_rewriter_and_tables_report_every_failing_allocation) {
  campaigns::Report report("C8 out of memory: repair, rewrite, saved scans, tables", "P21 P23");
  const TemporaryDirectory directory;
  const std::string log = write_log(directory, "one.tfevents", 200);
  const int from = ::open(log.c_str(), O_RDONLY);
  const int to = ::open("/dev/null", O_WRONLY);
  const auto is_fine = [](const auto& result) {
    return result.ok() || result.error().code == eventcodec::Errc::kOutOfMemory;
  };
  fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
    FailingMemory::arm(n, for_good);
    const bool fine = is_fine(archive::salvage(from, to, {}));
    const std::uint64_t failed = FailingMemory::disarm();
    CHECK(fine);
    return failed;
  });
  fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
    archive::Rules rules;
    rules.step_shift = 1;
    rules.collect = true;
    archive::Rewriter rewriter(std::move(rules));
    FailingMemory::arm(n, for_good);
    const bool fine = is_fine(rewriter.copy({.fd = from, .restarts = {}, .void_from = {}}, to, 0));
    const std::uint64_t failed = FailingMemory::disarm();
    CHECK(fine);
    return failed;
  });
  scan::EventFile file(log);
  eventcodec::Buffer scratch;
  CHECK(file.scan({}, scratch).ok());
  scan::PieceWriter state(-1, 0);
  CHECK(file.save(state).ok());
  fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
    scan::EventFile other(log);
    FailingMemory::arm(n, for_good);
    const bool fine = is_fine(other.restore(state.pending()));
    const std::uint64_t failed = FailingMemory::disarm();
    CHECK(fine);
    return failed;
  });
  scan::EventFile* const files[] = {&file};
  const std::uint32_t runs[] = {0};
  const scan::Source sources[] = {{0, 0, 0}};
  for (const std::uint64_t points : {0, 10}) {
    fail_every_allocation(report, [&](std::int64_t n, bool for_good) {
      std::size_t place = 0;
      FailingMemory::arm(n, for_good);
      const bool fine = is_fine(scan::gather({.files = files,
                                              .runs = runs,
                                              .sources = sources,
                                              .choice = {.most_step = 150},
                                              .points = points},
                                             2, &place));
      const std::uint64_t failed = FailingMemory::disarm();
      CHECK(fine);
      return failed;
    });
  }
  ::close(from);
  ::close(to);
}

TEST(a_process_that_can_have_no_thread_still_logs) {
  const TemporaryDirectory directory;
  FailingMemory::no_threads = true;
  const pid_t child = fork();  // where the I/O thread is gone
  if (child == 0) {
    auto opened =
        EventStream::open({.directory = directory.path(), .suffix = "", .purge_step = {}}, {});
    if (!opened.ok()) _exit(2);
    for (int i = 0; i < 100; ++i) add(*opened.value(), i);
    if (!opened.value()->flush(false).ok() || opened.value()->stats().written != 100) _exit(3);
    // The first record after threads are allowed again starts one.
    FailingMemory::no_threads = false;
    add(*opened.value(), 100);
    for (int wait = 0; wait < 500 && opened.value()->stats().pending != 0; ++wait) usleep(10000);
    _exit(opened.value()->stats().pending == 0 ? 0 : 4);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_EQ(status, 0);
  FailingMemory::no_threads = false;
  CHECK_EQ(records_in(directory), 101u);
}
