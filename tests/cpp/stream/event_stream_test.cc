// The write side: what reaches the file, from several threads, through faults and forks.
#include "stream/event_stream.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "check.h"
#include "event/encode.h"
#include "record/frame.h"
#include "record/unframe.h"
#include "stream/file_system.h"

using eventcodec::ByteView;
using eventcodec::stream::Durability;
using eventcodec::stream::EventStream;
namespace stream = eventcodec::stream;
namespace event = eventcodec::event;
namespace record = eventcodec::record;

namespace {

// A directory that is removed, with its files, at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() { make(); }
  ~TemporaryDirectory() {
    for (const std::string& file : files()) unlink((path_ + "/" + file).c_str());
    rmdir(path_.c_str());
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    DIR* directory = opendir(path_.c_str());
    while (const dirent* entry = readdir(directory)) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    closedir(directory);
    return names;
  }

 private:
  void make() {
    const char* base = getenv("TMPDIR");
    std::string pattern = std::string(base == nullptr ? "/tmp" : base) + "/event_stream_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  std::string path_;
};

std::vector<std::uint8_t> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whole valid records, and the bytes after the last of them.
struct Read {
  std::size_t records = 0;
  std::size_t rest = 0;
};

Read read_records(const std::string& path) {
  const std::vector<std::uint8_t> bytes = contents(path);
  Read read{.records = 0, .rest = bytes.size()};
  ByteView window(bytes);
  for (;;) {
    const record::Unframed unframed = record::unframe(window, record::Verify::kYes);
    if (unframed.kind != record::Unframed::Kind::kRecord) return read;
    window = window.subspan(unframed.bytes);
    read = {.records = read.records + 1, .rest = window.size()};
  }
}

std::shared_ptr<EventStream> open_stream(const std::string& directory,
                                         eventcodec::stream::StreamOptions options = {}) {
  auto opened =
      EventStream::open({.directory = directory, .suffix = "", .purge_step = {}}, options);
  CHECK(opened.ok());
  return opened.ok() ? opened.value() : nullptr;
}

// Appends one scalar; false when there was no room.
bool add(EventStream& stream, std::int64_t step) {
  std::uint8_t* start = stream.reserve(event::scalar_bound(4) + 16);
  if (start == nullptr) return false;
  const std::uint8_t* end = event::put_scalar(start + 12, {1.0, step}, "loss", 0.5f);
  stream.commit(record::seal(start, static_cast<std::size_t>(end - start) - 12));
  return true;
}

void check_account(const EventStream& stream) {
  const auto stats = stream.stats();
  CHECK_EQ(stats.accepted, stats.written + stats.pending + stats.dropped);
}

}  // namespace

TEST(version_record_is_on_disk_when_open_returns) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  const Read read = read_records(stream->stats().path);
  CHECK_EQ(read.records, 1u);
  CHECK_EQ(read.rest, 0u);
}

TEST(names_never_collide) {
  const TemporaryDirectory directory;
  std::vector<std::shared_ptr<EventStream>> streams;
  for (int i = 0; i < 50; ++i) streams.push_back(open_stream(directory.path()));
  CHECK_EQ(directory.files().size(), 50u);
}

TEST(flush_covers_every_record_before_it) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  std::size_t expected = 1;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 20 * round; ++i, ++expected) CHECK(add(*stream, i));
    CHECK(stream->flush(round % 10 == 0).ok());
    const Read read = read_records(stream->stats().path);
    CHECK_EQ(read.records, expected);
    CHECK_EQ(read.rest, 0u);
  }
}

TEST(records_arrive_without_a_flush) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(add(*stream, 1));
  for (int wait = 0; wait < 500 && stream->stats().pending != 0; ++wait) usleep(10000);
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
}

// The I/O thread has nothing to look at by then, and sleeps until it is called.
TEST(records_of_a_stream_opened_after_all_were_closed_arrive_without_a_flush) {
  const TemporaryDirectory directory;
  for (int round = 0; round < 3; ++round) {
    const auto stream = open_stream(directory.path());
    const std::weak_ptr<EventStream> closed = stream;
    CHECK(add(*stream, 1));
    for (int wait = 0; wait < 500 && stream->stats().pending != 0; ++wait) usleep(10000);
    CHECK_EQ(stream->stats().pending, 0u);
    stream->stop();
    CHECK(stream->close(std::chrono::seconds(5)).ok());
    usleep(100000);
    CHECK_EQ(closed.use_count(), 1);  // nobody else keeps it
  }
}

TEST(many_threads_lose_nothing_and_interleave_nothing) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  std::mutex producer;  // what Python's GIL is to the bindings
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        for (;;) {
          const std::lock_guard lock(producer);
          if (add(*stream, i)) break;
        }
      }
    });
  }
  std::thread flusher([&] {
    while (!done) {
      CHECK(stream->flush(false).ok());
      check_account(*stream);
    }
  });
  for (std::thread& thread : threads) thread.join();
  done = true;
  flusher.join();
  stream->stop();
  CHECK(stream->close(std::chrono::seconds(5)).ok());
  const Read read = read_records(stream->stats().path);
  CHECK_EQ(read.records, 80001u);
  CHECK_EQ(read.rest, 0u);
  CHECK_EQ(stream->stats().written, 80000u);
}

TEST(a_record_larger_than_a_chunk) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  const std::vector<std::uint8_t> summary(3 * EventStream::kChunkBytes);
  std::uint8_t* start = stream->reserve(event::kStampBound + summary.size() + 16);
  REQUIRE(start != nullptr);
  const std::uint8_t* end = event::put_summary(start + 12, {1.0, 1}, summary);
  stream->commit(record::seal(start, static_cast<std::size_t>(end - start) - 12));
  CHECK(add(*stream, 2));
  CHECK(stream->flush(false).ok());
  CHECK_EQ(read_records(stream->stats().path).records, 3u);
}

// A file size limit fails writes in the middle of a record, as a full disk does.
TEST(a_full_disk_leaves_whole_records_and_writing_resumes) {
  signal(SIGXFSZ, SIG_IGN);
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 4096 + 7, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  for (int i = 0; i < 1000; ++i) CHECK(add(*stream, i));
  const auto flushed = stream->flush(false);
  CHECK(!flushed.ok());
  CHECK(stream->failing());
  CHECK((stream->attention() & EventStream::kNewFailure) != 0);
  CHECK_EQ(read_records(stream->stats().path).rest, 0u);
  check_account(*stream);
  CHECK(stream->stats().pending > 0);

  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(stream->flush(false).ok());
  const Read read = read_records(stream->stats().path);
  CHECK_EQ(read.records, 1001u);
  CHECK_EQ(read.rest, 0u);
  CHECK_EQ(stream->stats().written, 1000u);
}

TEST(pending_bytes_are_bounded_and_drops_are_counted) {
  signal(SIGXFSZ, SIG_IGN);
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path(), {.max_pending_bytes = 1 << 20});
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 100, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::uint64_t refused = 0;
  for (int i = 0; i < 100000; ++i) {
    if (!add(*stream, i)) {
      stream->count_dropped(1);
      ++refused;
    }
  }
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(refused > 0);
  CHECK(stream->flush(false).ok());
  const auto stats = stream->stats();
  CHECK_EQ(stats.accepted, 100000u);
  CHECK_EQ(stats.dropped, refused);
  CHECK_EQ(stats.written, 100000u - refused);
  CHECK_EQ(read_records(stats.path).records, 100001u - refused);
}

TEST(a_child_never_writes_what_its_parent_logged) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(add(*stream, 1));
  const pid_t child = fork();
  if (child == 0) {
    const bool forked = (stream->attention() & EventStream::kForked) != 0;
    const bool flushed = stream->flush(false).ok();
    const bool reopened = stream->reopen_after_fork().ok();
    const bool added = add(*stream, 2) && add(*stream, 3) && stream->flush(false).ok();
    _exit(forked && flushed && reopened && added ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_EQ(status, 0);
  CHECK(add(*stream, 4));
  CHECK(stream->flush(false).ok());
  const std::string mine = stream->stats().path;
  CHECK_EQ(read_records(mine).records, 3u);
  REQUIRE(directory.files().size() == 2);
  for (const std::string& name : directory.files()) {
    const std::string path = directory.path() + "/" + name;
    CHECK_EQ(read_records(path).records, 3u);
  }
}

TEST(a_deleted_file_is_replaced_by_a_new_segment) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(add(*stream, 1));
  CHECK(stream->flush(false).ok());
  unlink(stream->stats().path.c_str());
  CHECK(add(*stream, 2));
  CHECK(stream->flush(true).ok());
  REQUIRE(directory.files().size() == 1);
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
  CHECK_EQ(stream->stats().segments, 2u);
  CHECK(stream->stats().last_error.find("deleted") != std::string::npos);
}

TEST(a_deleted_directory_is_made_again) {
  const TemporaryDirectory directory;
  const std::string run = directory.path() + "/run";
  mkdir(run.c_str(), 0777);
  const auto stream = open_stream(run);
  unlink(stream->stats().path.c_str());
  rmdir(run.c_str());
  CHECK(add(*stream, 2));
  CHECK(stream->flush(false).ok());
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
  unlink(stream->stats().path.c_str());
  rmdir(run.c_str());
}

// Other code that closes "all" descriptors, or one number too many, must not make us write into
// whatever gets the number next.
TEST(a_descriptor_that_others_took_is_left_to_them) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(add(*stream, 1));
  CHECK(stream->flush(false).ok());
  const std::string first = stream->stats().path;
  struct stat wanted{};
  stat(first.c_str(), &wanted);
  const std::string other = directory.path() + "/other";
  const int other_descriptor = open(other.c_str(), O_CREAT | O_RDWR, 0666);
  int stolen = -1;
  for (int descriptor = 3; descriptor < 1024 && stolen < 0; ++descriptor) {
    struct stat status{};
    if (fstat(descriptor, &status) == 0 && status.st_ino == wanted.st_ino) stolen = descriptor;
  }
  REQUIRE(stolen >= 0);
  dup2(other_descriptor, stolen);
  CHECK(add(*stream, 2));
  CHECK(stream->flush(false).ok());
  CHECK_EQ(contents(other).size(), 0u);
  CHECK_EQ(read_records(first).records, 2u);
  CHECK(stream->stats().path != first);
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
  CHECK_EQ(close(stolen), 0);  // still open: nobody but us closes it
  close(other_descriptor);
}

TEST(a_file_that_others_appended_to_is_left_alone) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  const std::string first = stream->stats().path;
  std::ofstream(first, std::ios::app | std::ios::binary) << "torn";
  CHECK(add(*stream, 2));
  CHECK(stream->flush(false).ok());
  CHECK(stream->stats().path != first);
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
}

TEST(segments_stay_below_their_size_and_sort_by_time) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path(), {.max_file_bytes = 1000});
  for (int i = 0; i < 500; ++i) {
    CHECK(add(*stream, i));
    if (i % 7 == 0) CHECK(stream->flush(false).ok());
  }
  CHECK(stream->flush(true).ok());
  std::vector<std::string> files = directory.files();
  std::sort(files.begin(), files.end());
  CHECK_EQ(files.size(), stream->stats().segments);
  CHECK(files.size() > 20);
  std::int64_t step = 0;
  for (const std::string& name : files) {
    const std::vector<std::uint8_t> bytes = contents(directory.path() + "/" + name);
    CHECK(bytes.size() <= 1000);
    ByteView window(bytes);
    for (bool first = true; !window.empty(); first = false) {
      const record::Unframed unframed = record::unframe(window, record::Verify::kYes);
      REQUIRE(unframed.kind == record::Unframed::Kind::kRecord);
      window = window.subspan(unframed.bytes);
      if (first) continue;
      std::uint8_t want[128];
      const std::uint8_t* end = event::put_scalar(want, {1.0, step++}, "loss", 0.5f);
      const auto size = static_cast<std::size_t>(end - want);
      CHECK(unframed.payload.size() == size &&
            std::memcmp(unframed.payload.data(), want, size) == 0);
    }
  }
  CHECK_EQ(step, 500);
}

TEST(a_record_larger_than_a_segment_gets_one_of_its_own) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path(), {.max_file_bytes = 1000});
  const std::vector<std::uint8_t> summary(5000);
  for (int i = 0; i < 3; ++i) {
    std::uint8_t* start = stream->reserve(event::kStampBound + summary.size() + 16);
    REQUIRE(start != nullptr);
    const std::uint8_t* end = event::put_summary(start + 12, {1.0, 1}, summary);
    stream->commit(record::seal(start, static_cast<std::size_t>(end - start) - 12));
    CHECK(add(*stream, i));
  }
  CHECK(stream->flush(false).ok());
  std::size_t records = 0;
  for (const std::string& name : directory.files()) {
    const Read read = read_records(directory.path() + "/" + name);
    CHECK_EQ(read.rest, 0u);
    records += read.records - 1;
  }
  CHECK_EQ(records, 6u);
}

TEST(a_stream_that_was_idle_is_looked_at_again) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(stream->flush(true).ok());  // nothing left to sync: idle after kIdleAfter
  usleep(1300000);
  for (int round = 0; round < 3; ++round) {
    CHECK(add(*stream, round));
    for (int wait = 0; wait < 100 && stream->stats().pending != 0; ++wait) usleep(10000);
    CHECK_EQ(stream->stats().pending, 0u);
  }
}

TEST(two_thousand_writers_share_a_few_descriptors) {
  const TemporaryDirectory directory;
  const int before = eventcodec::stream::open_descriptors();
  std::vector<std::shared_ptr<EventStream>> streams;
  for (int i = 0; i < 2000; ++i) {
    streams.push_back(open_stream(directory.path()));
    CHECK(eventcodec::stream::open_descriptors() <= before + EventStream::kMaxDescriptors + 1);
  }
  for (int round = 0; round < 2; ++round) {
    for (const auto& stream : streams) CHECK(add(*stream, round));
  }
  for (const auto& stream : streams) {
    CHECK(stream->flush(false).ok());
    CHECK_EQ(read_records(stream->stats().path).records, 3u);
    stream->stop();
    CHECK(stream->close(std::chrono::seconds(5)).ok());
  }
  CHECK(eventcodec::stream::open_descriptors() <= before);
}

TEST(nothing_after_close) {
  const TemporaryDirectory directory;
  const auto stream = open_stream(directory.path());
  CHECK(add(*stream, 1));
  stream->stop();
  CHECK(stream->close(std::chrono::seconds(5)).ok());
  CHECK(!add(*stream, 2));
  CHECK(stream->flush(true).ok());
  CHECK(stream->close(std::chrono::seconds(5)).ok());
  CHECK_EQ(read_records(stream->stats().path).records, 2u);
}

// A kernel whose writes to files below a directory wait while it hangs.
class HangingDisk {
 public:
  explicit HangingDisk(const std::string& directory) {
    directory_ = directory;
    static stream::FileSystem table = stream::kKernel;
    table.write = [](int descriptor, const void* bytes, std::size_t count) {
      while (hangs_ && is_here(descriptor))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return ::write(descriptor, bytes, count);
    };
    stream::replace_file_system(table);
  }
  ~HangingDisk() { stream::replace_file_system(stream::kKernel); }
  HangingDisk(const HangingDisk&) = delete;
  HangingDisk& operator=(const HangingDisk&) = delete;
  static void hang() { hangs_ = true; }
  static void go_on() { hangs_ = false; }

 private:
  static bool is_here(int descriptor) {
    std::array<char, 512> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    CHECK(readlink(link.c_str(), path.data(), path.size() - 1) > 0);
    return std::string(path.data()).starts_with(directory_);
  }

  static inline std::string directory_;
  static inline std::atomic<bool> hangs_{false};
};

TEST(close_gives_up_on_a_device_that_hangs) {
  const TemporaryDirectory directory;
  const HangingDisk disk(directory.path());
  const auto hung = open_stream(directory.path());
  disk.hang();
  CHECK(add(*hung, 1));
  hung->stop();
  const auto begun = std::chrono::steady_clock::now();
  const auto closed = hung->close(std::chrono::milliseconds(50));
  CHECK(!closed.ok());
  CHECK_EQ(closed.error().os_error, ETIMEDOUT);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  CHECK_EQ(hung->stats().pending, 1u);
  // The device wakes up: the write that nobody waits for any more goes through.
  disk.go_on();
  CHECK(hung->close(std::chrono::seconds(5)).ok());
  CHECK_EQ(hung->stats().written, 1u);
  CHECK_EQ(read_records(hung->stats().path).records, 2u);
}

TEST(close_waits_for_a_device_that_is_slow) {
  const TemporaryDirectory directory;
  static stream::FileSystem slow = stream::kKernel;
  slow.write = [](int descriptor, const void* bytes, std::size_t count) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return ::write(descriptor, bytes, std::min<std::size_t>(count, 40));
  };
  stream::replace_file_system(slow);
  const auto writer = open_stream(directory.path());
  for (int i = 0; i < 100; ++i) CHECK(add(*writer, i));
  writer->stop();
  CHECK(writer->close(std::chrono::seconds(1)).ok());  // of more than one
  CHECK_EQ(writer->stats().written, 100u);
  CHECK_EQ(read_records(writer->stats().path).records, 101u);
  stream::replace_file_system(stream::kKernel);
}

TEST(secure_waits_once_for_a_device_that_hangs) {
  const TemporaryDirectory directory;
  const HangingDisk disk(directory.path());
  const auto hung = open_stream(directory.path(), {.durability = Durability::kProcess});
  CHECK(add(*hung, 1));
  CHECK(hung->secure(std::chrono::seconds(60)).ok());
  CHECK_EQ(hung->stats().written, 1u);
  disk.hang();
  CHECK(add(*hung, 2));
  const auto secured = hung->secure(std::chrono::milliseconds(50));
  CHECK(!secured.ok());
  CHECK_EQ(secured.error().os_error, ETIMEDOUT);
  // A wait of a minute would be noticed.
  CHECK(add(*hung, 3));
  CHECK(!hung->secure(std::chrono::seconds(60)).ok());
  CHECK(!hung->wait_for_room(std::chrono::seconds(60)));
  CHECK_EQ(hung->stats().pending, 2u);
  disk.go_on();
  while (hung->stats().pending != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  while (!hung->secure(std::chrono::seconds(60)).ok()) std::this_thread::yield();
  hung->stop();
  CHECK(hung->close(std::chrono::seconds(60)).ok());
  CHECK_EQ(read_records(hung->stats().path).records, 4u);
}

TEST(secure_does_not_wait_for_the_device_of_another_stream) {
  const TemporaryDirectory broken;
  const TemporaryDirectory sound;
  const HangingDisk disk(broken.path());
  const auto hung = open_stream(broken.path());
  const auto writer = open_stream(sound.path(), {.durability = Durability::kProcess});
  CHECK(add(*writer, 1));
  CHECK(writer->secure(std::chrono::seconds(60)).ok());
  disk.hang();
  CHECK(add(*hung, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the I/O thread is caught
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 2; i < 100; ++i) {
    CHECK(add(*writer, i));
    CHECK(writer->secure(std::chrono::seconds(60)).ok());
    CHECK_EQ(writer->stats().pending, 0u);
  }
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  disk.go_on();
  for (const auto& stream : {hung, writer}) {
    stream->stop();
    CHECK(stream->close(std::chrono::seconds(60)).ok());
  }
  CHECK_EQ(read_records(writer->stats().path).records, 100u);
}

TEST(durability_levels_open) {
  const TemporaryDirectory directory;
  for (const Durability level : {Durability::kBuffered, Durability::kProcess, Durability::kSync}) {
    CHECK(open_stream(directory.path(), {.durability = level}) != nullptr);
  }
}
